package faspstream;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Percentage;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The events that the JDK's Flight Recorder gets. */
final class FlightEvents {
    private FlightEvents() {}

    /** What all events say of their session. */
    @StackTrace(false)
    @Category("faspstream")
    abstract static class OfSession extends Event {
        @Label("Session Id")
        String session;

        @Label("Stream")
        String stream;

        void of(SessionCore core) {
            session = core.info().id;
            stream = core.info().stream;
        }
    }

    @Name("faspstream.SessionStart")
    @Label("FASP Session Start")
    static final class SessionStart extends OfSession {
        @Label("Direction")
        String direction;

        @Label("Remote Address")
        String remoteAddress;

        @Label("Principal")
        String principal;

        @Label("Sends")
        @Description("True at the end that writes the stream")
        boolean sends;
    }

    @Name("faspstream.SessionEnd")
    @Label("FASP Session End")
    static final class SessionEnd extends OfSession {
        @Label("Completed")
        boolean completed;

        @Label("Error Code")
        String code;

        @Label("Message")
        String message;

        @Label("Bytes Delivered")
        @DataAmount
        long bytesDelivered;

        @Label("Elapsed")
        @Timespan(Timespan.NANOSECONDS)
        long elapsed;

        @Label("Average Rate")
        @DataAmount(DataAmount.BITS)
        long averageRate;

        @Label("Loss Ratio")
        @Percentage
        double lossRatio;

        @Label("Outages")
        long outages;
    }

    @Name("faspstream.RateChange")
    @Label("FASP Rate Change")
    @Description("The rate of a session, its cap or its policy is another than at the last look")
    @Period("1 s")
    static final class RateChange extends OfSession {
        @Label("Rate Before")
        @DataAmount(DataAmount.BITS)
        long before;

        @Label("Rate")
        @DataAmount(DataAmount.BITS)
        long rate;

        @Label("Target Rate")
        @DataAmount(DataAmount.BITS)
        long targetRate;

        @Label("Policy")
        String policy;

        @Label("Round-Trip Time")
        @Timespan(Timespan.NANOSECONDS)
        long rtt;
    }

    @Name("faspstream.Outage")
    @Label("FASP Outage")
    @Description("A session has outlived silences of its peer since the last look")
    @Enabled
    static final class Outage extends OfSession {
        @Label("Outages")
        @Description("Of this session so far")
        long outages;
    }

    @Name("faspstream.Fallback")
    @Label("FASP Fallback")
    @Description("The data of a session travel over its TCP connection, since UDP is blocked")
    @Enabled
    static final class Fallback extends OfSession {
        @Label("Transport")
        String transport;
    }
}
