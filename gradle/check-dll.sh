#!/bin/sh
# What a shipped native library for Windows must be: check-dll.sh LIBRARY. It needs what Windows itself has, exports JNI alone, is stripped.
# (aws-lc's source of jitter marks its functions for export itself. Who looks up a name in Windows names the DLL too: they are in nobody's way.)
set -eu
library=$1
fail() {
    echo "$library: $*" >&2
    exit 1
}
[ -f "$library" ] || fail "is not there"
command -v objdump >/dev/null || { echo "objdump is not installed: $library is not checked"; exit 0; }

private=$(objdump -p "$library")
needed=$(echo "$private" | sed -n 's/^[[:space:]]*DLL Name: //p' | tr '[:upper:]' '[:lower:]' | sort -u)
[ -n "$needed" ] || fail "names no DLL: is it one?"
for one in $needed; do
    case $one in
        # bcryptprimitives and the api sets are those of Windows 10 and later.
        advapi32.dll | bcrypt.dll | bcryptprimitives.dll | kernel32.dll | msvcrt.dll | ntdll.dll | user32.dll | userenv.dll | ws2_32.dll) ;;
        api-ms-win-core-*.dll) ;;
        *) fail "needs $one" ;;
    esac
done

exports=$(echo "$private" | sed -n '/^\[Ordinal\/Name Pointer\] Table/,/^$/p' | awk '/^[[:space:]]*\[ *[0-9]+\]/ { print $NF }')
echo "$exports" | grep -qx JNI_OnLoad || fail "does not export JNI_OnLoad"
others=$(echo "$exports" | grep -vE '^(JNI_OnLoad|JNI_OnUnload|Java_faspstream_.*|aws_lc_[0-9_]*_jent_.*)$' || true)
[ -z "$others" ] || fail "exports more than JNI: $(echo "$others" | head -3 | tr '\n' ' ')"

if objdump -h "$library" | grep -qE ' \.debug_info'; then fail "is not stripped of its debug information"; fi
echo "$library: needs $(echo $needed)"
