/**
 * Samples of one page each. Host, ports, keys and rates come from {@code faspstream.properties} on the class path and from
 * {@code -Dfaspstream.<key>=<value>}; the run lines are in the user guide.
 */
package samples.stream;
