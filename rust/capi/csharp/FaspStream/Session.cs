using System;
using System.IO;
using System.Runtime.InteropServices;

namespace FaspStream
{
    /// <summary>Which way the bytes of a session go.</summary>
    public enum Direction
    {
        /// <summary>From the client to the server.</summary>
        Push = 0,
        /// <summary>From the server to the client.</summary>
        Pull = 1,
    }

    /// <summary>How a session shares the network.</summary>
    public enum RatePolicy
    {
        /// <summary>Sends at the target rate whatever the network says.</summary>
        Fixed = 0,
        /// <summary>About twice the share of Fair.</summary>
        High = 1,
        /// <summary>An equal share.</summary>
        Fair = 2,
        /// <summary>Yields to everything else.</summary>
        Low = 3,
    }

    /// <summary>
    /// One stream in one direction. Every member may be called from any thread; Dispose aborts what has not completed, and wakes the
    /// threads that wait.
    /// </summary>
    public sealed class Session : IDisposable
    {
        private readonly SessionHandle handle;

        internal Session(long value)
        {
            handle = new SessionHandle(value);
            bool sender;
            Native.Check(Native.fasp_session_is_sender(handle, out sender));
            IsSender = sender;
            int direction;
            Native.Check(Native.fasp_session_direction(handle, out direction));
            Direction = (Direction)direction;
        }

        /// <summary>True if this end writes.</summary>
        public bool IsSender { get; private set; }

        /// <summary>Which way the bytes go.</summary>
        public Direction Direction { get; private set; }

        /// <summary>32 hexadecimal digits, equal at both ends.</summary>
        public string Id
        {
            get { return Native.Text((byte[] b, UIntPtr c, out UIntPtr l) => Native.fasp_session_id(handle, b, c, out l)); }
        }

        /// <summary>The name of the stream.</summary>
        public string Stream
        {
            get { return Native.Text((byte[] b, UIntPtr c, out UIntPtr l) => Native.fasp_session_stream(handle, b, c, out l)); }
        }

        /// <summary>The id of the access key that both ends proved; empty without one.</summary>
        public string Principal
        {
            get { return Native.Text((byte[] b, UIntPtr c, out UIntPtr l) => Native.fasp_session_principal(handle, b, c, out l)); }
        }

        /// <summary>The peer's address and port on the control channel.</summary>
        public string RemoteAddress
        {
            get { return Native.Text((byte[] b, UIntPtr c, out UIntPtr l) => Native.fasp_session_remote_address(handle, b, c, out l)); }
        }

        /// <summary>What the client said under this key; null if nothing.</summary>
        public string Metadata(string key)
        {
            byte[] name = Native.Utf8(key, "key");
            try
            {
                return Native.Text((byte[] b, UIntPtr c, out UIntPtr l) => Native.fasp_session_metadata(handle, name, b, c, out l));
            }
            catch (FaspException e) when (e.Code == ErrorCode.Invalid)
            {
                return null;
            }
        }

        /// <summary>Reads at least one byte; 0 is the verified end of the stream. TimeoutException if nothing comes in time.</summary>
        public unsafe int Read(byte[] buffer, int offset, int count, TimeSpan? timeout = null)
        {
            CheckRange(buffer, offset, count);
            if (count == 0) return 0;
            UIntPtr read;
            fixed (byte* start = &buffer[offset])
            {
                int code = Native.fasp_session_read(handle, start, (UIntPtr)count, Native.Millis(timeout), out read);
                if (code != Native.End) Native.Check(code);
            }
            return (int)read;
        }

        /// <summary>Writes all of it, waiting for room.</summary>
        public unsafe void Write(byte[] buffer, int offset, int count)
        {
            CheckRange(buffer, offset, count);
            if (count == 0) return;
            fixed (byte* start = &buffer[offset]) Native.Check(Native.fasp_session_write_all(handle, start, (UIntPtr)count));
        }

        /// <summary>Lets a partly filled datagram go now.</summary>
        public void Flush()
        {
            Native.Check(Native.fasp_session_flush(handle));
        }

        /// <summary>Ends the stream, and waits until the peer's application has read all of it and the digests agreed.</summary>
        public Receipt Complete(TimeSpan? timeout = null)
        {
            Native.ReceiptRecord record = Native.ReceiptRecord.Sized();
            Native.Check(Native.fasp_session_complete(handle, Native.Millis(timeout), ref record));
            return new Receipt(record);
        }

        /// <summary>Has the writer's Complete wait for Confirm here. To be called before the last byte is read.</summary>
        public void HoldCompletion()
        {
            Native.Check(Native.fasp_session_hold_completion(handle));
        }

        /// <summary>Confirms a stream that was read to its end.</summary>
        public Receipt Confirm(TimeSpan? timeout = null)
        {
            Native.ReceiptRecord record = Native.ReceiptRecord.Sized();
            Native.Check(Native.fasp_session_confirm(handle, Native.Millis(timeout), ref record));
            return new Receipt(record);
        }

        /// <summary>Counters and estimates, at most about 50 ms old.</summary>
        public Stats Stats()
        {
            Stats stats = FaspStream.Stats.Sized();
            Native.Check(Native.fasp_session_stats(handle, ref stats));
            return stats;
        }

        /// <summary>One sentence about what limits the stream now.</summary>
        public string Diagnose()
        {
            Native.DiagnosisRecord record = new Native.DiagnosisRecord { Shares = new double[9], Sentence = new byte[160] };
            record.Size = (UIntPtr)Marshal.SizeOf(typeof(Native.DiagnosisRecord));
            Native.Check(Native.fasp_session_diagnose(handle, ref record));
            return Native.Text(record.Sentence);
        }

        /// <summary>Changes the cap, in bits per second; ulong.MaxValue for none.</summary>
        public void TargetRate(ulong bitsPerSecond)
        {
            Native.Check(Native.fasp_session_set_target_rate(handle, bitsPerSecond));
        }

        /// <summary>Changes the floor under the adaptive policies, in bits per second.</summary>
        public void MinRate(ulong bitsPerSecond)
        {
            Native.Check(Native.fasp_session_set_min_rate(handle, bitsPerSecond));
        }

        /// <summary>Changes the policy.</summary>
        public void Policy(RatePolicy policy)
        {
            Native.Check(Native.fasp_session_set_policy(handle, (int)policy));
        }

        /// <summary>The reading end as a stream.</summary>
        public FaspInputStream Input()
        {
            if (IsSender) throw new InvalidOperationException("this end writes; the peer has the input");
            return new FaspInputStream(this);
        }

        /// <summary>The writing end as a stream.</summary>
        public FaspOutputStream Output()
        {
            if (!IsSender) throw new InvalidOperationException("this end reads; the peer has the output");
            return new FaspOutputStream(this);
        }

        /// <summary>Writes the stream by a body: completes it when the body returns, aborts it when the body throws.</summary>
        public Receipt Write(Action<Stream> body)
        {
            if (body == null) throw new ArgumentNullException("body");
            return AbortIfThrown(() =>
            {
                body(Output());
                return Complete();
            });
        }

        /// <summary>Reads the stream by a body: confirms it when the body has returned with all of it read, else aborts it.</summary>
        public Receipt Read(Action<Stream> body)
        {
            if (body == null) throw new ArgumentNullException("body");
            return AbortIfThrown(() =>
            {
                HoldCompletion();
                body(Input());
                if (Read(new byte[1], 0, 1) != 0) throw new InvalidOperationException("the reading body returned before the end of the stream");
                return Confirm();
            });
        }

        /// <summary>Server, before any byte: the stream is not wanted.</summary>
        public void Reject(string reason)
        {
            Native.Check(Native.fasp_session_reject(handle, Native.Utf8(reason, "reason")));
        }

        /// <summary>Ends the stream without completion; the peer gets the reason.</summary>
        public void Abort(string reason)
        {
            Native.Check(Native.fasp_session_abort(handle, Native.Utf8(reason, "reason")));
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            handle.CloseNow(Native.fasp_session_close);
        }

        private Receipt AbortIfThrown(Func<Receipt> body)
        {
            try
            {
                return body();
            }
            catch (Exception e)
            {
                if (!handle.IsClosed) Native.fasp_session_abort(handle, Native.Utf8(e.Message.Replace('\0', ' '), "reason"));
                throw;
            }
        }

        private static void CheckRange(byte[] buffer, int offset, int count)
        {
            if (buffer == null) throw new ArgumentNullException("buffer");
            if (offset < 0 || count < 0 || offset > buffer.Length - count)
            {
                throw new ArgumentOutOfRangeException("offset", "offset " + offset + " and count " + count + " do not fit a buffer of " + buffer.Length);
            }
        }
    }
}
