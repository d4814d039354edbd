/**
 * Byte streams between applications over bad long-distance networks at the speed of the link: the whole API, in five minutes.
 *
 * <h2>One minute: a server and a client</h2>
 *
 * <p>A client always connects to a server, and either pushes or pulls bytes. The server is started first; it has one TCP port for control and
 * one UDP port for all data, and serves pushes and pulls of many clients at once:
 *
 * <pre>{@code
 * AccessKey key = AccessKey.load(Path.of("cam.key"));        // `faspstream keygen cam`, or AccessKey.generate("cam").save(path)
 * try (Server server = Server.builder().host("0.0.0.0").tcpPort(33001).accessKey(key).start()) {
 *     while (true) {
 *         Session session = server.accept();                  // one per pushed or pulled stream
 *         executor.execute(() -> handle(session));
 *     }
 * }
 *
 * try (Client client = Client.builder().host("10.0.0.2").tcpPort(33001).accessKey(key).connect()) {
 *     Receipt receipt = client.push("camera-1", out -> source.transferTo(out));
 *     try (InputStream in = client.pull("backup.tar")) {
 *         in.transferTo(sink);                                // -1 only after a verified end
 *     }
 * }
 * }</pre>
 *
 * <p>{@link faspstream.Server#serve} is the loop above in one line. A client carries many sessions, one behind the other or at the same time.
 *
 * <h2>Two minutes: how a stream ends</h2>
 *
 * <p>A stream is complete or aborted, and nothing in between. Give a <em>body</em> ({@link faspstream.StreamWriter},
 * {@link faspstream.StreamReader}): what returns completes the stream, what throws aborts it, and the message arrives at the peer.
 *
 * <pre>{@code
 * void handle(Session session) throws IOException {
 *     try (session) {
 *         if (session.direction() == Direction.PUSH) {        // the client writes, this end reads
 *             session.read(in -> Files.copy(in, checked(session.stream())));
 *         } else {
 *             session.write(out -> Files.copy(checked(session.stream()), out));
 *         }
 *     }
 * }
 * }</pre>
 *
 * <ul>
 *   <li>The reader gets {@code -1} only if the writer completed the stream and length and digest agree, else a {@link faspstream.FaspException}.
 *   <li>Delivered means read: {@code push}, {@link faspstream.FaspOutputStream#complete} and the {@link faspstream.Receipt} come after the peer's
 *       application has taken the last byte, and after its body has returned.
 *   <li>The streams are those of {@code java.io} and {@code java.nio} too. There {@code close()} completes, also where try-with-resources calls
 *       it after an exception; {@code completeOnClose(false)} makes that an error.
 *   <li>{@link faspstream.Session#completion} is the same as a {@link java.util.concurrent.CompletableFuture}; cancelling it aborts both ends.
 *       {@link faspstream.Session#publisher} and {@link faspstream.Session#subscriber} speak {@link java.util.concurrent.Flow}.
 * </ul>
 *
 * <h2>Three minutes: waiting</h2>
 *
 * <p>Any method may be called from any thread at any time. A slow reader slows the writer, within the memory of {@code bufferMax} at each end.
 * Who waits in {@code read}, {@code write} or {@code accept} wakes at once by {@code close()} (with {@link faspstream.ErrorCode#CLOSED}) and by an
 * interrupt; with a timeout ({@link faspstream.FaspInputStream#readTimeout}, {@link faspstream.Server#accept(java.time.Duration)}) by a
 * {@link java.net.SocketTimeoutException}, after which the stream is still usable. Virtual threads are not pinned.
 *
 * <h2>Four minutes: what goes wrong, and what limits</h2>
 *
 * <pre>{@code
 * try {
 *     client.push("camera-1", body);
 * } catch (FaspException e) {
 *     log.warn(e.getMessage());                               // says what to do
 *     if (e.code() == ErrorCode.OUTAGE) { ... }               // for programs; e.retryable() tells whether to try again
 *     Files.writeString(report, e.recording());               // the last protocol events, as qlog
 * }
 * session.onProgress(Duration.ofSeconds(1), executor, stats ->
 *         System.out.println(stats.currentRate() + " " + session.diagnose()));   // "limited by the target rate (97 % of the time) ..."
 * }</pre>
 *
 * <p>{@link faspstream.Stats} is a snapshot of counters and estimates, {@link faspstream.Diagnosis} says what limits the stream,
 * {@link faspstream.EndpointMXBean} is what JMX shows, and the JDK's Flight Recorder gets {@code faspstream.*} events. Nothing is printed: see the
 * loggers {@code faspstream.*} of {@link java.util.logging}.
 *
 * <h2>Five minutes: configuration</h2>
 *
 * <p>The builders override system properties ({@code -Dfaspstream.target.rate=50mbit}), which override {@code faspstream.properties} on the class
 * path; {@code config(Path)} reads a file of the same keys, and {@link faspstream.TransferOptions} carries the shared ones. What most programs
 * touch: {@code accessKey}, {@code targetRate} (a cap; live by {@link faspstream.Session#targetRate}), {@code policy}
 * ({@link faspstream.RatePolicy}), {@code outageTimeout}. Every rate is in bits per second, every size in bytes, every time a
 * {@link java.time.Duration}; what is out of range is refused with the value and the allowed range.
 */
package faspstream;
