/** For tests of programs that use faspstream: a bad network between client and server, inside of the test, without root. */
package faspstream.testkit;
