# Sourced by gradlew. Sees to it that the standard wrapper finds the Gradle distribution which
# gradle/wrapper/gradle-wrapper.properties names, also where Gradle's own server cannot be reached:
#
#   1. it is unpacked already, or the server answers: the wrapper does the rest;
#   2. the very same file from Maven Central (a re-upload), through mvn, put where the wrapper looks for its
#      download; the wrapper checks it against distributionSha256Sum and unpacks it;
#   3. an installed gradle, or Debian's package, which the build scripts support too (gradle/compat.gradle).
#
# In: APP_HOME, JAVACMD, die, warn, the command line. Way 3 ends the start script with exec.

wrapper_property() {
    sed -n "s/^$1=//p" "$APP_HOME/gradle/wrapper/gradle-wrapper.properties" | sed 's/\\:/:/g'
}

# The JVM takes the home directory from the user database, not from HOME.
gradle_user_home() {
    if [ -n "$GRADLE_USER_HOME" ] ; then printf '%s\n' "$GRADLE_USER_HOME"
    else eval "printf '%s\n' ~$( id -un )/.gradle"
    fi
}

# The wrapper names the folder of a distribution by the MD5 of its URL, written in base 36.
base36_of_md5() {
    md5sum | awk '
        { n = split($1, digit, ""); for (i = 1; i <= n; i++) digit[i] = index("0123456789abcdef", digit[i]) - 1
          while (n > 0) {
              rest = 0; kept = 0
              for (i = 1; i <= n; i++) {
                  value = rest * 16 + digit[i]; quotient = int(value / 36); rest = value % 36
                  if (kept > 0 || quotient > 0) digit[++kept] = quotient
              }
              text = substr("0123456789abcdefghijklmnopqrstuvwxyz", rest + 1, 1) text; n = kept
          }
          print text }'
}

server_answers() {
    if command -v curl >/dev/null 2>&1 ; then curl -fsIL --connect-timeout 3 --max-time 6 -o /dev/null "$1" 2>/dev/null
    elif command -v wget >/dev/null 2>&1 ; then wget -q --spider --tries=1 --timeout=3 "$1" 2>/dev/null
    else true   # nothing to ask with: let the wrapper try
    fi
}

# The artifact's file is checked here too, so that a bad copy is never left in the wrapper's folder.
fetch_from_maven_central() {
    command -v mvn >/dev/null 2>&1 || return 1
    version=${1#gradle-} version=${version%-bin.zip}
    warn "Gradle's server cannot be reached: asking Maven Central for the same distribution, $1"
    incoming=$( mktemp -d ) || return 1
    ( cd "$incoming" && mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
        -Dartifact="com.github.hazendaz.gradle:gradle:$version:zip:bin" -DoutputDirectory="$incoming" ) >/dev/null 2>&1 &&
        [ -f "$incoming/$1" ] && [ "$( sha256sum < "$incoming/$1" | cut -d ' ' -f 1 )" = "$3" ] &&
        mkdir -p "$2" && mv "$incoming/$1" "$2/$1"
    fetched=$?
    rm -rf "$incoming"
    return $fetched
}

# Gradle 4.4.1, which Debian packages, runs on Java 11 to 21.
jdk_for_packaged_gradle() {
    for home in "$( jdk_home "$JAVACMD" )" /usr/lib/jvm/java-21-openjdk-* /usr/lib/jvm/java-17-openjdk-* /usr/lib/jvm/java-11-openjdk-* ; do
        [ -x "$home/bin/javac" ] || continue
        case $( sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release" 2>/dev/null ) in
            1[1-9] | 2[01]) printf '%s\n' "$home" ; return ;;
        esac
    done
    return 1
}

run_packaged_gradle() {
    if ! command -v gradle >/dev/null 2>&1 || ! jdk_for_packaged_gradle >/dev/null ; then
        { [ "$( id -u )" = 0 ] && command -v apt-get >/dev/null 2>&1 ; } ||
            die "ERROR: $distribution can be had neither from services.gradle.org nor from Maven Central (mvn): connect once, or install a package 'gradle'."
        warn "$distribution cannot be had: installing Debian's package gradle"
        jdk_for_packaged_gradle >/dev/null && jdk_package= || jdk_package=default-jdk-headless
        # shellcheck disable=SC2086
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gradle $jdk_package ; } >/dev/null 2>&1 ||
            die "ERROR: 'apt-get install gradle $jdk_package' failed: run it by hand to see why."
    fi
    JAVA_HOME=$( jdk_for_packaged_gradle ) || die "ERROR: the installed gradle needs a JDK 11 to 21: install one (Debian: openjdk-17-jdk-headless)."
    export JAVA_HOME
    exec gradle "$@"
}

distribution=$( wrapper_property distributionUrl )
distribution_url=$distribution
distribution=${distribution##*/}
distribution_dir=$( gradle_user_home )/wrapper/dists/${distribution%.zip}/$( printf %s "$distribution_url" | base36_of_md5 )
# Written when ways 1 and 2 failed; for a day they are not tried again.
unreachable=$APP_HOME/.gradle/distribution-unreachable

if [ ! -f "$distribution_dir/$distribution.ok" ] && [ ! -f "$distribution_dir/$distribution" ] ; then
    if [ -n "$( find "$unreachable" -mtime -1 2>/dev/null )" ] ; then run_packaged_gradle "$@" ; fi
    if ! server_answers "$distribution_url" &&
       ! fetch_from_maven_central "$distribution" "$distribution_dir" "$( wrapper_property distributionSha256Sum )" ; then
        mkdir -p "$APP_HOME/.gradle" && : > "$unreachable"
        run_packaged_gradle "$@"
    fi
fi
