package faspstream;

import faspstream.internal.Jdk;

/** Shows each server and client as an MXBean, where there is JMX and {@code -Dfaspstream.jmx=false} does not say no. */
final class Management {
    private static final boolean AVAILABLE = Jdk.has("java.lang.management.ManagementFactory");

    private Management() {}

    /** Begins to show an endpoint; gives what ends that. */
    static Runnable show(String type, EndpointMXBean bean) {
        boolean wanted = Boolean.parseBoolean(System.getProperty("faspstream.jmx", "true"));
        return wanted && AVAILABLE ? ManagementBean.show(type, bean) : () -> {};
    }
}
