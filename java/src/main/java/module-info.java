/**
 * Byte streams between applications over bad long-distance networks at the speed of the link.
 *
 * <p>The package {@link faspstream} is the whole API. The module needs the JDK alone. On JDK 24 and newer start the
 * JVM with {@code --enable-native-access=faspstream} (module path) or {@code --enable-native-access=ALL-UNNAMED} (class path).
 */
module faspstream {
    requires java.logging;
    requires java.management;
    requires jdk.jfr;

    exports faspstream;
}
