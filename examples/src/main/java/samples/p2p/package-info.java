/**
 * Point to point: a client connects to a server and pushes or pulls byte streams.
 *
 * <p>Start with {@link samples.p2p.GenericServerExample} and {@link samples.p2p.GenericClientExample}; the other classes are what
 * they need beside the library: options, stores, progress.
 */
package samples.p2p;
