using System;
using System.Runtime.InteropServices;

namespace FaspStream
{
    /// <summary>A snapshot of a session; the members and units of fasp_stats in faspstream.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Stats
    {
#pragma warning disable 1591 // Each member is described in faspstream.h.
        private UIntPtr size;
        public readonly ulong BytesAccepted, BytesSent, BytesAcknowledged, BytesDelivered, BytesReceived, BytesDuplicate;
        public readonly ulong DatagramsSent, DatagramsReceived, DatagramsLost, DatagramsRetransmitted, DatagramsDuplicate;
        public readonly ulong DatagramsReordered, DatagramsRejected;
        public readonly ulong RttNs, RttMinNs, RttVariationNs, QueueingDelayNs;
        public readonly ulong CurrentRate, AverageRate, TargetRate;
        public readonly ulong BufferUsed, BufferSize, DatagramSize, Outages, NativeMemory, ElapsedNs;
        public readonly double LossRatio;
        public readonly int Policy, Carrier;
#pragma warning restore 1591

        internal static Stats Sized()
        {
            return new Stats { size = (UIntPtr)Marshal.SizeOf(typeof(Stats)) };
        }
    }

    /// <summary>A snapshot of a server; the members of fasp_server_stats in faspstream.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ServerStats
    {
#pragma warning disable 1591 // Each member is described in faspstream.h.
        private UIntPtr size;
        public readonly ulong SessionsActive, SessionsOpened, SessionsCompleted, SessionsFailed, SessionsRefused;
        public readonly ulong Connections, ConnectionsHalfOpen, HandshakesFailed, DatagramsUnknown, UdpReceiveBuffer;
#pragma warning restore 1591

        internal static ServerStats Sized()
        {
            return new ServerStats { size = (UIntPtr)Marshal.SizeOf(typeof(ServerStats)) };
        }
    }
}
