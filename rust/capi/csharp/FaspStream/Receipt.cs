using System;

namespace FaspStream
{
    /// <summary>The proof that a stream arrived: every byte was read by the peer's application, and the digests agreed.</summary>
    public sealed class Receipt
    {
        private readonly byte[] digest;

        internal Receipt(Native.ReceiptRecord record)
        {
            Bytes = (long)record.Bytes;
            Duration = TimeSpan.FromTicks((long)(record.DurationNs / 100));
            AverageRate = record.AverageRate;
            digest = new byte[(int)record.DigestLength];
            Array.Copy(record.Digest, digest, digest.Length);
            DigestAlgorithm = Native.Text(record.DigestAlgorithm);
            SessionId = Native.Text(record.SessionId);
            Peer = Native.Text(record.Peer);
        }

        /// <summary>Length of the stream in bytes.</summary>
        public long Bytes { get; private set; }

        /// <summary>From open to completion.</summary>
        public TimeSpan Duration { get; private set; }

        /// <summary>Bits per second over the whole session.</summary>
        public ulong AverageRate { get; private set; }

        /// <summary>The name of the digest.</summary>
        public string DigestAlgorithm { get; private set; }

        /// <summary>Equal at both ends.</summary>
        public string SessionId { get; private set; }

        /// <summary>The id of the access key that was proven; empty without one.</summary>
        public string Peer { get; private set; }

        /// <summary>Digest of the whole stream.</summary>
        public byte[] Digest
        {
            get { return (byte[])digest.Clone(); }
        }

        /// <summary>The digest in hexadecimal.</summary>
        public string DigestHex
        {
            get { return BitConverter.ToString(digest).Replace("-", "").ToLowerInvariant(); }
        }
    }
}
