package faspstream.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class NativeTest {
    private static String descriptor(Class<?> type) {
        return type == void.class ? "V" : java.lang.reflect.Array.newInstance(type, 0).getClass().getName().substring(1).replace('.', '/');
    }

    private static String signature(Method method) {
        String arguments =
                Arrays.stream(method.getParameterTypes()).map(NativeTest::descriptor).collect(Collectors.joining());
        return method.getName() + " (" + arguments + ")" + descriptor(method.getReturnType());
    }

    @Test
    void theTableOfTheLibraryIsThatOfTheClass() {
        Set<String> declared = Arrays.stream(Native.class.getDeclaredMethods())
                .filter(method -> Modifier.isNative(method.getModifiers()))
                .map(NativeTest::signature)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(declared, new TreeSet<>(Arrays.asList(Native.methodTable().split("\n"))));
    }

    /** GraalVM's metadata name what the native code looks up (`rust/jni/src/load.rs`, `failure.rs`): it must be there under these names. */
    @Test
    void whatANativeImageIsToldOfExists() throws Exception {
        String folder = "/META-INF/native-image/io.github.faspstream/faspstream/";
        String types = text(folder + "reachability-metadata.json");
        Matcher type = Pattern.compile("\\{\"type\": \"([^\"]+)\", \"jniAccessible\": true, \"(fields|methods)\": \\[\\{\"name\": \"([^\"]+)\"(?:, \"parameterTypes\": \\[\"([^\"]+)\"\\])?")
                .matcher(types);
        Set<String> found = new TreeSet<>();
        while (type.find()) {
            Class<?> named = Class.forName(type.group(1));
            found.add(type.group(1));
            if (type.group(2).equals("fields")) {
                named.getDeclaredField(type.group(3));
            } else {
                named.getDeclaredConstructor(type.group(4).equals("byte[]") ? byte[].class : Class.forName(type.group(4)));
            }
        }
        assertEquals(Set.of(Native.class.getName(), NativeFailure.class.getName(), IllegalStateException.class.getName(),
                UnsatisfiedLinkError.class.getName()), found);
        Matcher late = Pattern.compile("faspstream\\.[A-Za-z.]+").matcher(text(folder + "native-image.properties"));
        int count = 0;
        for (; late.find(); count++) {
            Class.forName(late.group(), false, Native.class.getClassLoader());
        }
        assertEquals(3, count);
    }

    private static String text(String resource) throws IOException {
        try (InputStream in = Native.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aPanicIsAnExceptionAndTheLibraryGoesOn() {
        System.setProperty("faspstream.internal.test", "true");
        try {
            NativeFailure e = assertThrows(NativeFailure.class, () -> Native.panicForTest("on purpose: ü"));
            assertEquals(NativeFailure.INTERNAL, e.code());
            assertTrue(e.getMessage().contains("on purpose: ü"), e.getMessage());
        } finally {
            System.clearProperty("faspstream.internal.test");
        }
        assertThrows(IllegalStateException.class, () -> Native.panicForTest("not allowed"));
        assertEquals("1.0.0", Native.version());
    }

    /** The values that stand for nothing. */
    private static Object[] nothing(Method method) {
        return Arrays.stream(method.getParameterTypes())
                .map(type -> type.isPrimitive() ? java.lang.reflect.Array.get(java.lang.reflect.Array.newInstance(type, 1), 0) : null)
                .toArray();
    }

    /** What the method throws, null if nothing. */
    private static Throwable thrown(Method method) throws IllegalAccessException {
        try {
            method.invoke(null, nothing(method));
            return null;
        } catch (java.lang.reflect.InvocationTargetException e) {
            return e.getCause();
        }
    }

    @Test
    void aPanicInAnyMethodIsAnExceptionAndEverythingGoesOn() throws Exception {
        System.setProperty("faspstream.internal.test", "true");
        int tried = 0;
        try {
            for (Method method : Native.class.getDeclaredMethods()) {
                if (!Modifier.isNative(method.getModifiers()) || method.getName().equals("panic")) {
                    continue;
                }
                method.setAccessible(true);
                String words = "on purpose in " + method.getName();
                Throwable t = null;
                // The poller calls some of them too, and may run into the trap first; it has to outlive that.
                for (int i = 0; i < 100 && (t == null || !String.valueOf(t.getMessage()).contains(words)); i++) {
                    Native.panicForTest("in " + method.getName());
                    t = thrown(method);
                }
                assertTrue(t != null && t.getMessage().contains(words), method + ": " + t);
                boolean checked = method.getExceptionTypes().length > 0;
                assertEquals(checked ? NativeFailure.class : IllegalStateException.class, t.getClass(), method.toString());
                tried++;
            }
        } finally {
            System.clearProperty("faspstream.internal.test");
        }
        assertTrue(tried >= 40, "only " + tried);
        // Waiting works still: the poller lives.
        try (faspstream.Server server = faspstream.Server.builder().tcpPort(0).udpPort(0).start();
                faspstream.Client client = faspstream.Client.builder().tcpPort(server.tcpPort()).connect()) {
            client.push("x").abort("enough");
        }
    }

    @Test
    void staleAndMadeUpHandlesAreClosedInEveryMethod() {
        byte[] bytes = new byte[8];
        ByteBuffer direct = ByteBuffer.allocateDirect(8);
        for (long handle : new long[] {0, 1, -1, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE}) {
            for (Executable call : new Executable[] {
                () -> Native.serverInfo(handle), () -> Native.serverAccept(handle), () -> Native.serverStats(handle),
                () -> Native.serverTargetRate(handle, 1), () -> Native.serverClose(handle, 0),
                () -> Native.clientConnected(handle), () -> Native.clientOpen(handle, bytes), () -> Native.clientClose(handle),
                () -> Native.sessionInfo(handle), () -> Native.sessionState(handle), () -> Native.read(handle, bytes, 0, 8),
                () -> Native.readDirect(handle, direct, 0, 8), () -> Native.write(handle, bytes, 0, 8),
                () -> Native.writeDirect(handle, direct, 0, 8), () -> Native.available(handle), () -> Native.flush(handle),
                () -> Native.finish(handle), () -> Native.receipt(handle), () -> Native.stats(handle),
                () -> Native.diagnose(handle), () -> Native.targetRate(handle, 1), () -> Native.minRate(handle, 1),
                () -> Native.policy(handle, 0), () -> Native.reject(handle, bytes), () -> Native.abort(handle, bytes)
            }) {
                assertEquals(NativeFailure.CLOSED, assertThrows(NativeFailure.class, call).code());
            }
            Native.release(handle);
        }
    }

    @Test
    void rangesOutsideOfTheMemoryNeverReachTheEngine() {
        byte[] bytes = new byte[8];
        ByteBuffer direct = ByteBuffer.allocateDirect(8);
        int[][] ranges = {{-1, 1}, {0, -1}, {0, 9}, {8, 1}, {Integer.MAX_VALUE, Integer.MAX_VALUE}};
        for (int[] range : ranges) {
            for (Executable call : new Executable[] {
                () -> Native.read(1, bytes, range[0], range[1]), () -> Native.write(1, bytes, range[0], range[1]),
                () -> Native.readDirect(1, direct, range[0], range[1]), () -> Native.writeDirect(1, direct, range[0], range[1])
            }) {
                NativeFailure e = assertThrows(NativeFailure.class, call);
                assertTrue(e.getMessage().contains("allowed is 0 to 8"), e.getMessage());
            }
        }
        assertThrows(NativeFailure.class, () -> Native.readDirect(1, ByteBuffer.allocate(8), 0, 8));
    }

    @Test
    void nullIsAnExceptionAndNoCrash() {
        assertThrows(Exception.class, () -> Native.read(1, null, 0, 8));
        assertThrows(Exception.class, () -> Native.readDirect(1, null, 0, 8));
        assertThrows(Exception.class, () -> Native.serverStart(null, false));
        assertThrows(Exception.class, () -> Native.abort(1, null));
    }
}
