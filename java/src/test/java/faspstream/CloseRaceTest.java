package faspstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every public method of servers, clients, sessions and streams from eight threads while others close. No method may crash, hang, or throw
 * what it does not document. 10 s; {@code FASPSTREAM_HAMMER_SECONDS=300} in the environment for the long form.
 */
@Timeout(7200)
class CloseRaceTest {
    private static final int THREADS = 8;
    private static final int CLOSERS = 2;
    private static final long SEED = 20261123;
    /** A call that waits longer after everything was closed hangs. */
    private static final long PATIENCE_MS = 60_000;
    /** What ends something is left to those that close. */
    private static final List<String> ENDING = List.of("close", "abort", "reject");

    private final Map<String, Integer> called = new ConcurrentHashMap<>();
    private final AtomicReference<String> wrong = new AtomicReference<>();

    @Test
    void everyPublicMethodMayRaceWithClose() throws Exception {
        String seconds = System.getenv("FASPSTREAM_HAMMER_SECONDS");
        long end = System.nanoTime() + Duration.ofSeconds(seconds == null ? 10 : Long.parseLong(seconds)).toNanos();
        int rounds = 0;
        while (System.nanoTime() < end) {
            round(SEED + rounds++);
        }
        System.out.println(rounds + " rounds from seed " + SEED + ", calls: " + called.values().stream().mapToInt(n -> n).sum());
        for (Class<?> type : List.of(Server.class, Client.class, Session.class, FaspInputStream.class, FaspOutputStream.class)) {
            for (Method method : methods(type)) {
                assertNotNull(called.get(name(method)), name(method) + " was never called");
            }
        }
    }

    private void round(long seed) throws Exception {
        Random random = new Random(seed);
        Server server = Server.builder().tcpPort(0).udpPort(0).start();
        Client client = Client.builder().tcpPort(server.tcpPort()).connect();
        List<Object> targets = new ArrayList<>(List.of(server, client));
        for (Direction direction : Direction.values()) {
            Session near = client.open(direction, "race", Map.of());
            Session far = server.accept(Loopback.LIMIT);
            for (Session session : List.of(near, far)) {
                boolean writes = (session == near) == (direction == Direction.PUSH);
                targets.addAll(List.of(session, writes ? session.output() : session.input()));
            }
        }
        ConcurrentLinkedQueue<Object> made = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            long own = random.nextLong();
            threads.add(start(() -> hammer(server, targets, new Random(own), made)));
        }
        for (int i = 0; i < CLOSERS; i++) {
            long own = random.nextLong();
            threads.add(start(() -> closeAll(targets, new Random(own))));
        }
        for (Thread thread : threads) {
            thread.join(PATIENCE_MS);
            if (thread.isAlive()) {
                fail("seed " + seed + ": a call hangs after close, in " + List.of(thread.getStackTrace()));
            }
        }
        for (Object left : made) {
            closeQuietly((AutoCloseable) left);
        }
        assertEquals(null, wrong.get(), "seed " + seed);
    }

    private static Thread start(Runnable work) {
        Thread thread = new Thread(work, "hammer");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Calls at random until the server is closed. */
    private void hammer(Server server, List<Object> targets, Random random, ConcurrentLinkedQueue<Object> made) {
        while (wrong.get() == null) {
            Object target = targets.get(random.nextInt(targets.size()));
            Object result = call(target, false, random);
            if (result instanceof AutoCloseable && !targets.contains(result)) {
                made.add(result);
            }
            if (isClosed(server)) {
                return;
            }
        }
    }

    /** Calls a method of the target, one that ends it or one that does not. Null if it throws. */
    private Object call(Object target, boolean ends, Random random) {
        List<Method> methods = methods(target.getClass());
        methods.removeIf(method -> ENDING.contains(method.getName()) != ends);
        Method method = methods.get(random.nextInt(methods.size()));
        called.merge(name(method), 1, Integer::sum);
        try {
            return method.invoke(target, arguments(method, random));
        } catch (InvocationTargetException e) {
            if (!isDocumented(e.getCause())) {
                e.getCause().printStackTrace();
                wrong.compareAndSet(null, name(method) + " threw " + e.getCause());
            }
        } catch (IllegalAccessException e) {
            wrong.compareAndSet(null, name(method) + ": " + e);
        }
        return null;
    }

    private static boolean isClosed(Server server) {
        try {
            server.accept(Duration.ofNanos(1)).close();
            return false;
        } catch (FaspException e) {
            return e.code() == ErrorCode.CLOSED;
        } catch (IOException e) {
            return false;
        }
    }

    /** Ends everything in any order, each in one of its ways, and closes it. */
    private void closeAll(List<Object> targets, Random random) {
        try {
            Thread.sleep(random.nextInt(25));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<Object> order = new ArrayList<>(targets);
        java.util.Collections.shuffle(order, random);
        for (Object target : order) {
            call(target, true, random);
            closeQuietly((AutoCloseable) target);
        }
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // A stream that is not complete says so.
            assertTrue(isDocumented(e), e.toString());
        }
    }

    /** What the methods say that they throw when things are closed, over, or not theirs. */
    private static boolean isDocumented(Throwable e) {
        return e instanceof IOException
                || e instanceof IllegalStateException
                || e instanceof IllegalArgumentException
                || e instanceof CancellationException
                || e instanceof CompletionException;
    }

    private static String name(Method method) {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName() + List.of(method.getParameterTypes());
    }

    /** The public methods of a type, what it takes over from {@code java.io} too. */
    private static List<Method> methods(Class<?> type) {
        List<Method> methods = new ArrayList<>();
        for (Method method : type.getMethods()) {
            boolean bridge = method.isBridge() || Modifier.isStatic(method.getModifiers());
            if (!bridge && method.getDeclaringClass() != Object.class) {
                methods.add(method);
            }
        }
        return methods;
    }

    private static Object[] arguments(Method method, Random random) {
        Class<?>[] types = method.getParameterTypes();
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = argument(types[i], random);
        }
        return arguments;
    }

    private static Object argument(Class<?> type, Random random) {
        Executor direct = Runnable::run;
        Consumer<Stats> ignore = stats -> { };
        StreamWriter writer = out -> out.write(new byte[100]);
        StreamReader reader = in -> in.read();
        SessionHandler handler = session -> session.close();
        Map<Class<?>, Object> values = Map.ofEntries(
                Map.entry(byte[].class, new byte[2000]),
                Map.entry(int.class, 1 + random.nextInt(900)),
                Map.entry(long.class, 1L + random.nextInt(900)),
                Map.entry(ByteBuffer.class, random.nextBoolean() ? ByteBuffer.allocate(500) : ByteBuffer.allocateDirect(500)),
                Map.entry(String.class, "words"),
                Map.entry(Map.class, Map.of("key", "value")),
                Map.entry(Direction.class, Direction.values()[random.nextInt(2)]),
                Map.entry(Duration.class, Duration.ofMillis(1 + random.nextInt(10))),
                Map.entry(Rate.class, Rate.mbps(100 + random.nextInt(900))),
                Map.entry(RatePolicy.class, RatePolicy.values()[random.nextInt(4)]),
                Map.entry(Executor.class, direct),
                Map.entry(Consumer.class, ignore),
                Map.entry(StreamWriter.class, writer),
                Map.entry(StreamReader.class, reader),
                Map.entry(SessionHandler.class, handler),
                Map.entry(OutputStream.class, OutputStream.nullOutputStream()));
        Object value = values.get(type);
        assertNotNull(value, "no argument of " + type);
        return value;
    }
}
