using System.IO;

namespace FaspStream
{
    /// <summary>What failed; the numbers of fasp_code.</summary>
    public enum ErrorCode
    {
        /// <summary>Used after close.</summary>
        Closed = 1,
        /// <summary>Connecting or opening took too long.</summary>
        Timeout = 2,
        /// <summary>Nobody listens there.</summary>
        ConnectionRefused = 3,
        /// <summary>The peer's process or host went away.</summary>
        ConnectionLost = 4,
        /// <summary>Nothing was heard for outage.timeout.</summary>
        Outage = 5,
        /// <summary>Access key or certificate not accepted.</summary>
        Authentication = 6,
        /// <summary>The key does not allow this.</summary>
        Permission = 7,
        /// <summary>The peer's application rejected the stream.</summary>
        Rejected = 8,
        /// <summary>The peer's application aborted the stream.</summary>
        AbortedByPeer = 9,
        /// <summary>This end's application aborted the stream.</summary>
        Aborted = 10,
        /// <summary>Length or digest disagree.</summary>
        Integrity = 11,
        /// <summary>The peer broke the wire format.</summary>
        Protocol = 12,
        /// <summary>No common version.</summary>
        Version = 13,
        /// <summary>A value that is not allowed.</summary>
        Configuration = 14,
        /// <summary>The port is taken.</summary>
        AddressInUse = 15,
        /// <summary>A limit is reached.</summary>
        Resources = 16,
        /// <summary>The operating system reported an error.</summary>
        Io = 17,
        /// <summary>A bug of the engine.</summary>
        Internal = 18,
        /// <summary>The peer is closing down.</summary>
        Shutdown = 19,
        /// <summary>The waiting thread was interrupted.</summary>
        Interrupted = 20,
        /// <summary>Closed without completion.</summary>
        Incomplete = 21,
        /// <summary>A bug of the caller.</summary>
        Invalid = 102,
    }

    /// <summary>A failed call, with the words of the engine: what went wrong and what to do.</summary>
    public sealed class FaspException : IOException
    {
        internal FaspException(ErrorCode code, string message, bool retryable, long delivered) : base(message)
        {
            Code = code;
            Retryable = retryable;
            BytesDelivered = delivered;
        }

        /// <summary>Which kind of failure this is.</summary>
        public ErrorCode Code { get; private set; }

        /// <summary>True if the same attempt may succeed later without a change by the user.</summary>
        public bool Retryable { get; private set; }

        /// <summary>Stream bytes that the reading application had taken.</summary>
        public long BytesDelivered { get; private set; }
    }
}
