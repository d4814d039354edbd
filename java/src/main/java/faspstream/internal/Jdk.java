package faspstream.internal;

/** What this Java runtime has: a JDK has all, a runtime image may lack modules, Android has neither JMX nor the Flight Recorder. */
public final class Jdk {
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
