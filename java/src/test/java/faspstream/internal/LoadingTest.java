package faspstream.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import faspstream.FaspStream;
import faspstream.OtherJvm;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How the native library is found, each case in a JVM of its own. */
@Timeout(60)
class LoadingTest {
    private static final String LIBRARY = System.mapLibraryName(NativeLoader.NAME);

    @TempDir
    Path dir;

    /** The classes and the library as a jar has them. */
    private Path jar;

    @BeforeEach
    void layOutAJar() throws Exception {
        jar = dir.resolve("jar");
        Path classes = Path.of(FaspStream.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> all = Files.walk(classes)) {
            for (Path from : (Iterable<Path>) all.filter(path -> path.toString().endsWith(".class"))::iterator) {
                copy(from, jar.resolve(classes.relativize(from).toString()));
            }
        }
        try (InputStream in = library()) {
            Path to = jar.resolve("META-INF/native/" + Platform.name() + "/" + LIBRARY);
            Files.createDirectories(to.getParent());
            Files.copy(in, to);
        }
    }

    /** The library that these tests run with. */
    private static InputStream library() throws IOException {
        String explicit = System.getProperty(NativeLoader.PATH_PROPERTY);
        if (explicit == null) {
            return FaspStream.class.getResourceAsStream("/META-INF/native/" + Platform.name() + "/" + LIBRARY);
        }
        Path path = Path.of(explicit);
        return Files.newInputStream(Files.isDirectory(path) ? path.resolve(LIBRARY) : path);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        Files.copy(from, to);
    }

    private String classPath() {
        return jar + File.pathSeparator + testClasses();
    }

    private static String testClasses() {
        try {
            return Path.of(LoadProbe.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        } catch (java.net.URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static Path thisJava() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    private List<String> command(Path java, String... options) {
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(Arrays.asList(options));
        command.addAll(List.of("-cp", classPath(), LoadProbe.class.getName()));
        return command;
    }

    private String load(String... options) throws Exception {
        return run(command(thisJava(), options));
    }

    private static String run(List<String> command) throws Exception {
        return OtherJvm.run(command).output().lines().filter(line -> !line.startsWith("WARNING: ")).collect(Collectors.joining("\n")).trim();
    }

    private static void assertSays(String said, String... parts) {
        for (String part : parts) {
            assertTrue(said.contains(part), () -> "'" + part + "' in: " + said);
        }
    }

    @Test
    void aPathThatIsNamedIsTheOnlyOneThatIsTried() throws Exception {
        String said = load("-Dfaspstream.library.path=" + dir.resolve("nothing.so"), "-Dfaspstream.library.dir=" + dir.resolve("copies"));
        assertSays(said, "UnsatisfiedLinkError", "tried -Dfaspstream.library.path, " + dir.resolve("nothing.so"));
        assertFalse(said.contains("java.library.path:") || said.contains("copy of the jar's"), said);
        assertFalse(Files.exists(dir.resolve("copies")));
    }

    @Test
    void theJavaLibraryPathComesBeforeTheJar() throws Exception {
        Path own = dir.resolve("own");
        copy(jar.resolve("META-INF/native/" + Platform.name() + "/" + LIBRARY), own.resolve(LIBRARY));
        assertEquals("LOADED", load("-Djava.library.path=" + own, "-Dfaspstream.library.dir=" + dir.resolve("copies")));
        assertFalse(Files.exists(dir.resolve("copies")));
    }

    @Test
    void theCopyOfTheJarsLibraryIsPrivateAndNamedByItsContent() throws Exception {
        Path copies = dir.resolve("copies");
        assertEquals("LOADED", load("-Dfaspstream.library.dir=" + copies));
        assertEquals("LOADED", load("-Dfaspstream.library.dir=" + copies));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(copies)));
        try (Stream<Path> files = Files.list(copies)) {
            List<String> names = files.map(path -> path.getFileName().toString()).collect(Collectors.toList());
            assertEquals(1, names.size(), names.toString());
            assertTrue(names.get(0).matches("libfaspstream_jni-[0-9a-f]{32}\\.so"), names.toString());
        }
    }

    @Test
    void twoClassLoadersHaveACopyEach() throws Exception {
        List<String> command = command(thisJava(), "-Dfaspstream.library.dir=" + dir.resolve("copies"));
        command.add("twice");
        assertEquals("true null true null", run(command));
    }

    @Test
    void classesOfAnotherVersionAreRefusedByTheInterfaceNumberAndBothJarsAreNamed() throws Exception {
        Path native_ = jar.resolve("faspstream/internal/Native.class");
        Files.write(native_, withAnotherAbi(Files.readAllBytes(native_)));
        String said = load("-Dfaspstream.library.dir=" + dir.resolve("copies"));
        assertSays(said, "has interface " + Native.ABI + " and the jar has interface 99", "take both from the same version");
        assertSays(said, "the classes are from file:" + jar + "/", "libraries in file:" + jar + "/META-INF/native/");
    }

    /** Changes the constant in the pool of the class (JVMS 4.4.4). */
    private static byte[] withAnotherAbi(byte[] bytes) {
        for (int i = 0; i + 5 <= bytes.length; i++) {
            if (bytes[i] == 3 && bytes[i + 1] == 0 && bytes[i + 2] == 0 && bytes[i + 3] == 0 && bytes[i + 4] == Native.ABI) {
                bytes[i + 4] = 99;
                return bytes;
            }
        }
        throw new AssertionError("no constant " + Native.ABI + " in the class");
    }

    /** Runs in a mount namespace of its own, with {@code directory} on a file system of these options. */
    private String loadWithMount(Path directory, String options) throws Exception {
        Files.createDirectories(directory);
        List<String> command = new ArrayList<>(List.of("unshare", "-m", "sh", "-c",
                "mount -t tmpfs -o " + options + " none '" + directory + "' && exec \"$@\"", "sh"));
        assumeTrue(succeeds(command, "true"), "mounting a file system needs root");
        command.addAll(command(thisJava(), "-Dfaspstream.library.dir=" + directory.resolve("copies")));
        return run(command);
    }

    private static boolean succeeds(List<String> command, String last) throws Exception {
        List<String> whole = new ArrayList<>(command);
        whole.add(last);
        try {
            return OtherJvm.run(whole).exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aDirectoryThatForbidsExecutionIsNamedWithTheCure() throws Exception {
        String said = loadWithMount(dir.resolve("mount"), "noexec");
        assertSays(said, "UnsatisfiedLinkError", "mounted noexec", "-Dfaspstream.library.dir=DIR");
    }

    @Test
    void aReadOnlyFileSystemIsNamed() throws Exception {
        String said = loadWithMount(dir.resolve("mount"), "ro");
        assertSays(said, "UnsatisfiedLinkError", "copying into " + dir.resolve("mount/copies"), "Read-only file system");
    }

    @Test
    void withoutALibraryForThisPlatformTheErrorSaysWhatToAdd() throws Exception {
        Files.delete(jar.resolve("META-INF/native/" + Platform.name() + "/" + LIBRARY));
        String said = load();
        assertSays(said, "tried java.library.path", "no library for " + Platform.name(), "add the natives jar of this platform");
    }

    @Test
    void muslIsToldByWhatRunsAndNotByWhatLiesOnTheDisk() {
        assertTrue(Platform.isMusl(List.of("7f00-7f01 r-xp 00000000 08:01 42 /lib/ld-musl-x86_64.so.1")));
        assertFalse(Platform.isMusl(List.of("7f00-7f01 r-xp 00000000 08:01 42 /lib/x86_64-linux-gnu/libc.so.6")));
        assertFalse(Platform.name().contains("musl"), "no JVM for musl is at hand: this one says otherwise");
    }

    @Test
    void aJvmThatForbidsNativeAccessIsToldTheExactOption() throws Exception {
        Path java = newestJava();
        List<String> onClassPath = command(java, "--illegal-native-access=deny", "-Dfaspstream.library.dir=" + dir.resolve("copies"));
        assertSays(run(onClassPath), "--enable-native-access=ALL-UNNAMED");
        List<String> asModule = new ArrayList<>(List.of(java.toString(), "--illegal-native-access=deny", "-p", jar.toString(),
                "-Dfaspstream.library.dir=" + dir.resolve("copies"), "--patch-module", "faspstream=" + testClasses(),
                "-m", "faspstream/" + LoadProbe.class.getName()));
        assertSays(run(asModule), "--enable-native-access=faspstream");
        asModule.set(1, "--enable-native-access=faspstream");
        assertEquals("LOADED", run(asModule));
    }

    /** A JDK of 24 or newer: this one, or one below /usr/lib/jvm. */
    private static Path newestJava() throws IOException {
        if (Runtime.version().feature() >= 24) {
            return thisJava();
        }
        try (Stream<Path> homes = Files.exists(Path.of("/usr/lib/jvm")) ? Files.list(Path.of("/usr/lib/jvm")) : Stream.empty()) {
            List<Path> found = homes.filter(LoadingTest::isNew).collect(Collectors.toList());
            assumeTrue(!found.isEmpty(), "no JDK of 24 or newer here");
            return found.get(0).resolve("bin/java");
        }
    }

    private static boolean isNew(Path home) {
        try {
            return Files.readAllLines(home.resolve("release")).stream()
                    .anyMatch(line -> line.matches("JAVA_VERSION=\"(2[4-9]|[3-9][0-9]).*"));
        } catch (IOException e) {
            return false;
        }
    }
}
