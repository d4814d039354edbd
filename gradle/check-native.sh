#!/bin/sh
# What a shipped native library for Linux must be: check-native.sh LIBRARY GLIBC, with the newest symbol version that is allowed, such as
# 2.17, "musl" for none, or "any" for a library that is not shipped but used where it was built.
set -eu
library=$1
newest=$2
fail() {
    echo "$library: $*" >&2
    exit 1
}
[ -f "$library" ] || fail "is not there"
command -v objdump >/dev/null || { echo "objdump is not installed: $library is not checked"; exit 0; }

needed=$(objdump -p "$library" | sed -n 's/^ *NEEDED *//p')
for one in $needed; do
    case $one in
        libc.so.6 | libm.so.6 | libpthread.so.0 | libdl.so.2 | ld-linux-*.so.* | libc.so | libc.musl-*) ;;
        libgcc_s.so.1) [ "$newest" = any ] || fail "needs $one" ;;
        *) fail "needs $one" ;;
    esac
done

found=$(objdump -T "$library" | grep -oE 'GLIBC_[0-9.]+' | sort -Vu | tail -1 | sed 's/GLIBC_//')
case $newest in
    any) ;;
    musl) [ -z "$found" ] || fail "needs glibc $found" ;;
    *) [ "$(printf '%s\n%s\n' "$found" "$newest" | sort -V | tail -1)" = "$newest" ] || fail "needs glibc $found, allowed is $newest" ;;
esac

exports=$(objdump -T "$library" | awk '$0 !~ /\*UND\*/ && /\.text/ { print $NF }' | grep -vE '^(JNI_OnLoad|JNI_OnUnload|Java_faspstream_.*)$' || true)
[ -z "$exports" ] || fail "exports more than JNI: $(echo "$exports" | head -3 | tr '\n' ' ')"

if objdump -h "$library" | grep -qE ' \.debug_info'; then fail "is not stripped of its debug information"; fi
if [ "$newest" != any ] && objdump -t "$library" 2>/dev/null | grep -qE '^[0-9a-f]{8,} '; then fail "is not stripped of its names"; fi
echo "$library: glibc ${found:-none}, needs $(echo $needed)"
