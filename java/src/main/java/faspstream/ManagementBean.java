package faspstream;

import faspstream.internal.Callbacks;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Registers an MXBean for each server and client, and takes it away with them. In the background: the first use of JMX costs a program some
 * 100 ms, which nobody shall wait for.
 */
final class ManagementBean {
    private static final Logger LOG = Logger.getLogger("faspstream.management");
    private static final AtomicLong IDS = new AtomicLong();

    private final String name;
    private final EndpointMXBean bean;
    private ObjectName registered;
    private boolean ended;

    private ManagementBean(String type, EndpointMXBean bean) {
        this.name = "faspstream:type=" + type + ",name=" + ObjectName.quote(bean.getAddress()) + ",id=" + IDS.incrementAndGet();
        this.bean = bean;
    }

    /** Begins to show an endpoint; gives what ends that. */
    static Runnable show(String type, EndpointMXBean bean) {
        ManagementBean shown = new ManagementBean(type, bean);
        Callbacks.pool().execute(shown::register);
        return () -> Callbacks.pool().execute(shown::unregister);
    }

    private synchronized void register() {
        try {
            if (!ended) {
                MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
                registered = beans.registerMBean(bean, new ObjectName(name)).getObjectName();
            }
        } catch (JMException | RuntimeException e) {
            LOG.log(Level.FINE, "JMX does not show " + name, e);
        }
    }

    private synchronized void unregister() {
        ended = true;
        try {
            if (registered != null) {
                ManagementFactory.getPlatformMBeanServer().unregisterMBean(registered);
            }
        } catch (JMException | RuntimeException e) {
            LOG.log(Level.FINE, "JMX still shows " + name, e);
        }
    }
}
