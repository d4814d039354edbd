package samples.p2p;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CommandLineTest {
    private static CommandLine parse(String... args) throws UsageException {
        return CommandLine.parse(args, Set.of("--port", "--rate", "--policy", "--key"), Set.of("--once"));
    }

    @Test
    void options_stand_anywhere_and_a_dash_is_a_word() throws UsageException {
        CommandLine line = parse("push", "--port", "1", "name", "--once", "-");
        assertEquals(List.of("push", "name", "-"), line.words());
        assertEquals(Optional.of(1), line.port("--port", 0));
        assertTrue(line.has("--once"));
        assertEquals(Optional.of(2), parse("--port=2").port("--port", 0));
    }

    @Test
    void two_dashes_end_the_options() throws UsageException {
        assertEquals(List.of("--once", "--x"), parse("--", "--once", "--x").words());
    }

    @Test
    void what_cannot_be_obeyed_is_named_with_what_is_allowed() {
        for (String port : new String[] {"65536", "-1", "x", ""}) {
            String message = assertThrows(UsageException.class, () -> parse("--port", port).port("--port", 0)).getMessage();
            assertTrue(message.contains("'" + port + "'") && message.contains("65535"), message);
        }
        assertTrue(assertThrows(UsageException.class, () -> parse("--prot", "1")).getMessage().contains("--prot"));
        assertTrue(assertThrows(UsageException.class, () -> parse("--port")).getMessage().contains("value"));
        assertTrue(assertThrows(UsageException.class, () -> parse("--policy", "greedy").policy("--policy")).getMessage().contains("fair"));
        assertTrue(assertThrows(UsageException.class, () -> parse("--rate", "fast").rate("--rate")).getMessage().contains("fast"));
    }

    @Test
    void no_message_repeats_a_secret() {
        for (String key : new String[] {"hush-hush-hush", ":hush-hush-hush", "id:"}) {
            String message = assertThrows(UsageException.class, () -> parse("--key", key).key("--key")).getMessage();
            assertFalse(message.contains("hush"), message);
        }
    }
}
