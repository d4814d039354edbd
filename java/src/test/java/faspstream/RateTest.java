package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateTest {
    @ParameterizedTest
    @CsvSource({
        "500mbit, 500000000", "1gbit, 1000000000", "64kbit, 64000", "1.5gbit, 1500000000", "7bit, 7", "0, 0", "0bit, 0",
        "250 Mbit/s, 250000000", "250mbps, 250000000", "2tbit, 2000000000000", "0.000001mbit, 1"
    })
    void aRateIsReadFromNumberAndUnit(String text, long bps) {
        assertEquals(bps, Rate.parse(text).bitsPerSecond());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 999, 1000, 1001, 64_000, 934_123_456, 250_000_000, 1_000_000_000_000L, Long.MAX_VALUE - 1, Long.MAX_VALUE})
    void whatARatePrintsReadsBackExactly(long bps) {
        Rate rate = Rate.bps(bps);
        assertEquals(rate, Rate.parse(rate.toString()));
        assertEquals(rate.hashCode(), Rate.bps(bps).hashCode());
    }

    @Test
    void aRatePrintsItsUnit() {
        assertEquals("250mbit", Rate.mbps(250).toString());
        assertEquals("1.5gbit", Rate.mbps(1500).toString());
        assertEquals("64kbit", Rate.kbps(64).toString());
        assertEquals("0bit", Rate.bps(0).toString());
        assertEquals("unlimited", Rate.UNLIMITED.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fast", "12", "1 furlong", "-1mbit", "1.2.3mbit", "99999999tbit", "NaN", "0.5bit", "mbit"})
    void whatIsNoRateIsRefusedWithWhatIsAllowed(String text) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Rate.parse(text));
        assertTrue(e.getMessage().contains("'" + text + "'") && e.getMessage().contains("allowed"), e.getMessage());
    }

    @Test
    void ratesOutOfRangeAreRefusedWithTheRange() {
        for (Runnable bad : new Runnable[] {
            () -> Rate.bps(-1), () -> Rate.kbps(-1), () -> Rate.mbps(Long.MAX_VALUE), () -> Rate.gbps(9_223_372_037L)
        }) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, bad::run);
            assertTrue(e.getMessage().contains("allowed is 0 to"), e.getMessage());
        }
        assertThrows(NullPointerException.class, () -> Rate.parse(null));
    }

    @Test
    void unlimitedIsLargerThanAnyOther() {
        assertTrue(Rate.UNLIMITED.compareTo(Rate.bps(Long.MAX_VALUE - 1)) > 0);
        assertTrue(Rate.UNLIMITED.isUnlimited());
        assertEquals(Rate.UNLIMITED, Rate.bps(Long.MAX_VALUE));
        assertEquals(125_000, Rate.mbps(1).bytesPerSecond());
    }
}
