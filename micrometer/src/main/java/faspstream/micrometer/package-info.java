/** Figures of faspstream for Micrometer. */
package faspstream.micrometer;
