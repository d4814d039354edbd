using System;
using System.IO;

namespace FaspStream
{
    /// <summary>What both directions have in common.</summary>
    public abstract class FaspBaseStream : Stream
    {
        internal readonly Session Peer;
        private long position;

        internal FaspBaseStream(Session session)
        {
            Peer = session;
        }

        /// <inheritdoc/>
        public override bool CanSeek
        {
            get { return false; }
        }

        /// <inheritdoc/>
        public override long Length
        {
            get { throw new NotSupportedException("nobody knows the length of a stream before its end"); }
        }

        /// <summary>Bytes read or written so far.</summary>
        public override long Position
        {
            get { return position; }
            set { throw new NotSupportedException("a stream has no other place"); }
        }

        /// <inheritdoc/>
        public override long Seek(long offset, SeekOrigin origin)
        {
            throw new NotSupportedException("a stream has no other place");
        }

        /// <inheritdoc/>
        public override void SetLength(long value)
        {
            throw new NotSupportedException("a stream ends where its writer completes it");
        }

        internal void Advance(int count)
        {
            position += count;
        }
    }

    /// <summary>The reading end: Read gives 0 only after the verified end; an aborted or lost stream throws.</summary>
    public sealed class FaspInputStream : FaspBaseStream
    {
        internal FaspInputStream(Session session) : base(session) { }

        /// <inheritdoc/>
        public override bool CanRead
        {
            get { return true; }
        }

        /// <inheritdoc/>
        public override bool CanWrite
        {
            get { return false; }
        }

        /// <inheritdoc/>
        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = Peer.Read(buffer, offset, count);
            Advance(read);
            return read;
        }

        /// <inheritdoc/>
        public override void Write(byte[] buffer, int offset, int count)
        {
            throw new NotSupportedException("this end reads");
        }

        /// <inheritdoc/>
        public override void Flush() { }
    }

    /// <summary>
    /// The writing end. Dispose does not complete the stream, since it runs after an exception too: call Session.Complete, or use a body.
    /// </summary>
    public sealed class FaspOutputStream : FaspBaseStream
    {
        internal FaspOutputStream(Session session) : base(session) { }

        /// <inheritdoc/>
        public override bool CanRead
        {
            get { return false; }
        }

        /// <inheritdoc/>
        public override bool CanWrite
        {
            get { return true; }
        }

        /// <inheritdoc/>
        public override int Read(byte[] buffer, int offset, int count)
        {
            throw new NotSupportedException("this end writes");
        }

        /// <inheritdoc/>
        public override void Write(byte[] buffer, int offset, int count)
        {
            Peer.Write(buffer, offset, count);
            Advance(count);
        }

        /// <summary>Lets a partly filled datagram go now.</summary>
        public override void Flush()
        {
            Peer.Flush();
        }
    }
}
