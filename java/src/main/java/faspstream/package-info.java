/**
 * Byte streams between applications over bad long-distance networks at the speed of the link.
 *
 * <p>A client always connects to a server, and either pushes or pulls bytes. The server is started first:
 *
 * <pre>{@code
 * try (Server server = Server.builder().tcpPort(33001).accessKey(AccessKey.of("cam", secret)).start()) {
 *     while (true) {
 *         Session session = server.accept();      // one per pushed or pulled stream
 *         executor.execute(() -> handle(session));
 *     }
 * }
 *
 * try (Client client = Client.builder().host("10.0.0.2").tcpPort(33001).accessKey(key).connect()) {
 *     Receipt receipt = client.push("camera-1", out -> source.transferTo(out));
 *     try (InputStream in = client.pull("backup.tar")) {
 *         in.transferTo(sink);                    // -1 only after a verified end
 *     }
 * }
 * }</pre>
 *
 * <p>What holds everywhere:
 *
 * <ul>
 *   <li>A stream is complete or aborted. A reader sees an end only if the writer completed the stream and length and digest agree; else it
 *       gets a {@link FaspException}. Bodies ({@link StreamWriter}, {@link StreamReader}) complete on return and abort on throw.
 *   <li>Delivered means read: a completion returns after the peer's application has taken the last byte.
 *   <li>Any method may be called from any thread at any time. Close wakes who waits. Interrupts work, virtual threads are not pinned.
 *   <li>Every rate is in bits per second, every size in bytes, every time a {@link java.time.Duration}. What is out of range is refused
 *       with the value and the allowed range.
 *   <li>Nothing is printed: see the loggers {@code faspstream.*} of {@link java.util.logging}.
 * </ul>
 */
package faspstream;
