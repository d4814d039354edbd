# Sourced by gradlew. Says in one line what is missing before a build starts that could not end:
# the build needs a JDK (not only a Java runtime) and a Rust toolchain.
#
# In: JAVACMD (the java command that the start script found), die. Out: RUSTUP_HOME, where it has to be set.

# Links are followed, so that /usr/bin/java leads to the JDK that it belongs to.
jdk_home() {
    real=$( readlink -f "$( command -v "$1" )" 2>/dev/null ) || return 1
    dirname "$( dirname "$real" )"
}

require_jdk() {
    home=$( jdk_home "$JAVACMD" ) || return 0
    [ -x "$home/bin/javac" ] && return 0
    die "ERROR: $home is a Java runtime without a compiler: install a JDK (11 or newer) or set JAVA_HOME to one."
}

# rustup looks for toolchains in $HOME/.rustup. Where the command is run with another home, they are still
# beside the cargo that was found.
require_cargo() {
    cargo=$( command -v cargo ) ||
        die "ERROR: no 'cargo' in the PATH: install a Rust toolchain from https://rustup.rs and open a new shell."
    cargo --version >/dev/null 2>&1 && return 0
    beside=$( cd -P "$( dirname "$cargo" )/../.." && pwd )/.rustup
    if [ -z "$RUSTUP_HOME" ] && [ -d "$beside" ] && RUSTUP_HOME=$beside cargo --version >/dev/null 2>&1 ; then
        RUSTUP_HOME=$beside
        export RUSTUP_HOME
        return 0
    fi
    die "ERROR: $cargo has no toolchain to run: 'rustup default stable' installs one."
}

require_jdk
require_cargo
