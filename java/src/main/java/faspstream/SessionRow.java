package faspstream;

/** A snapshot of one session for {@link EndpointMXBean}. */
final class SessionRow implements SessionStatus {
    private final SessionInfo info;
    private final Stats stats;
    private final String diagnosis;

    SessionRow(SessionCore core) {
        this.info = core.info();
        this.stats = core.stats();
        this.diagnosis = String.valueOf(core.diagnose());
    }

    @Override
    public String getId() {
        return info.id;
    }

    @Override
    public String getDirection() {
        return info.direction.name();
    }

    @Override
    public String getStream() {
        return info.stream;
    }

    @Override
    public String getRemoteAddress() {
        return info.remoteAddress.toString();
    }

    @Override
    public String getPrincipal() {
        return info.principal;
    }

    @Override
    public long getBytesDelivered() {
        return stats.bytesDelivered();
    }

    @Override
    public long getRateBitsPerSecond() {
        return stats.currentRate().bitsPerSecond();
    }

    @Override
    public double getRttMillis() {
        return stats.rtt().toNanos() / 1e6;
    }

    @Override
    public double getLossRatio() {
        return stats.lossRatio();
    }

    @Override
    public String getDiagnosis() {
        return diagnosis;
    }
}
