/**
 * Samples of one page each. Host, ports, keys and rates come from {@code faspstream.properties} on the class path and from
 * {@code -Dfaspstream.<key>=<value>}; the run lines are in {@code README.md}.
 */
package samples.stream;
