/**
 * Byte streams between applications over bad long-distance networks at the speed of the link.
 *
 * <p>The package {@link faspstream} is the whole API. The module has no dependency but {@code java.logging}. On JDK 24 and newer start the
 * JVM with {@code --enable-native-access=faspstream} (module path) or {@code --enable-native-access=ALL-UNNAMED} (class path).
 */
module faspstream {
    requires java.logging;

    exports faspstream;
}
