package faspstream.internal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** What this Java runtime has: a JDK has all, a runtime image may lack modules, Android has neither JMX nor the Flight Recorder. */
public final class Jdk {
    /** {@code Thread.isVirtual}; null where there are none, before JDK 21. */
    private static final MethodHandle IS_VIRTUAL = virtualProbe();

    private Jdk() {}

    /** Whether this library can use a class of the platform, by its full name. */
    public static boolean has(String name) {
        try {
            Class.forName(name, false, Jdk.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** Tells whether this thread is a virtual one, which must not be held in native code: it would hold its carrier as well. */
    public static boolean isVirtualThread() {
        try {
            return IS_VIRTUAL != null && (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
        } catch (Throwable e) {
            return true;
        }
    }

    private static MethodHandle virtualProbe() {
        try {
            MethodType type = MethodType.methodType(boolean.class);
            return MethodHandles.publicLookup().findVirtual(Thread.class, "isVirtual", type);
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    /** The module that this library is in, {@code ALL-UNNAMED} on the class path. By name, since Android has no modules. */
    static String ownModule() {
        try {
            Object module = Class.class.getMethod("getModule").invoke(Jdk.class);
            Object name = module.getClass().getMethod("getName").invoke(module);
            return name == null ? "ALL-UNNAMED" : name.toString();
        } catch (ReflectiveOperationException e) {
            return "ALL-UNNAMED";
        }
    }
}
