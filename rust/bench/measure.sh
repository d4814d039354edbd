#!/bin/bash
# Measures what docs/benchmarks.md shows, and writes its tables and charts anew:
#
#   sudo rust/bench/measure.sh TARGET [short|long] [SECTION]...
#
# TARGET is the folder with wanlab, faspstream and the peers, such as target/release. The short form fits into an hour and a half on two
# idle cores: three seeds, and few links for those who are slow there; what it leaves out the page calls not run. The long form takes hours.
# With sections only those are measured; the files of the others stay as they are.
set -eu
target=$(realpath "${1:?usage: measure.sh TARGET [short|long] [SECTION]...}")
form=${2:-short}
shift $(($# < 2 ? $# : 2))
cd "$(dirname "$0")/../.."
results=docs/benchmarks
mkdir -p "$results"
wanted=" $* "

# section NAME EXPERIMENT OPTION...: results in NAME.csv
section() {
    name=$1 experiment=$2
    shift 2
    case $wanted in "  " | *" $name "*) ;; *) return 0 ;; esac
    echo "--- $name"
    rm -rf "$results/new"
    mkdir -p "$results/new"
    "$target/wanlab" run "$experiment" "$@" --csv "$results/new/$name.csv"
    # What was measured before is not lost to a run that is stopped.
    mv "$results/new"/*.csv "$results"
    rmdir "$results/new"
}
series() { echo --series "$results/new/$1-series.csv"; }

rivals="cubic quinn quinn:tuned quinn:bbr srt udt"
if [ "$form" = long ]; then
    rtts=0ms,10ms,50ms,100ms,200ms,300ms losses=0,0.1%,1%,2%,5%,10%
    for rate in 10 100 300 1000; do
        section grid-$rate grid --flows faspstream,bbr --rates ${rate}mbit --rtts $rtts --losses $losses --time 20s --seeds 5
        for rival in $rivals java java-tls:bbr java-tls:cubic; do
            section rivals-$rate-${rival/:/-} grid --flows $rival --rates ${rate}mbit --rtts $rtts --losses $losses --time 20s --seeds 3
        done
    done
    seeds=5
else
    section grid-100 grid --flows faspstream,bbr --rates 100mbit --rtts 10ms,100ms,200ms,300ms --losses 0,0.1%,1%,5% \
        --time 12s --seeds 3 --jobs 3
    section grid-1000 grid --flows faspstream,bbr --rates 1gbit --rtts 10ms,100ms,200ms --losses 0,0.1%,1%,5% --time 10s --seeds 3
    for rival in $rivals; do
        section rivals-100-${rival/:/-} grid --flows $rival --rates 100mbit --rtts 10ms,100ms,200ms --losses 0,1%,5% \
            --time 12s --seeds 3 --jobs 3
        section rivals-1000-${rival/:/-} grid --flows $rival --rates 1gbit --rtts 100ms --losses 0,1% --time 10s --seeds 3
    done
    seeds=3
fi
section live live --seeds $seeds --jobs 2 --time 20s --delays "$results/new/live-delays.csv"
section outage outage --seeds $seeds --jobs 3 $(series outage)
# BBR is known by what it does every ten seconds: less than a minute would show the time before that.
section fairness fairness --seeds $seeds --jobs 2 --time 60s
section queue queue --seeds $seeds --jobs 3 --time 12s --rates 100mbit --rtts 20ms,100ms --losses 0
for change in slower faster longer lossier; do
    section $change $change --seeds $seeds --jobs 3 $(series $change)
done
section long-outage long-outage --seeds $seeds --jobs 3 $(series long-outage)
section transfer transfer --seeds $seeds --flows faspstream,bbr
section original original --flows faspstream,bbr --seeds $seeds --jobs 3
section parallel parallel --seeds $seeds --time 12s
section java grid --flows java,java-example,java-tls:cubic,java-tls:bbr --rates 100mbit --rtts 100ms --losses 0,1% --time 15s \
    --seeds $seeds --jobs 2
section buffers buffers --seeds $seeds
section buffers-large buffers --seeds $seeds --socket-buffer 4mib
"$target/wanlab" page docs/benchmarks.md
