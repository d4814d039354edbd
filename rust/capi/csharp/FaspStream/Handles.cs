using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace FaspStream
{
    /// <summary>Owns a handle of the library. Stale handles are errors there, so that a close needs to wait for no call.</summary>
    internal abstract class FaspHandle : SafeHandle
    {
        private int closed;

        protected FaspHandle(long value) : base(IntPtr.Zero, true)
        {
            SetHandle((IntPtr)value);
        }

        public override bool IsInvalid
        {
            get { return handle == IntPtr.Zero; }
        }

        /// <summary>Closes at once, and thereby wakes the calls that wait: Dispose alone would wait for them.</summary>
        public void CloseNow(Func<IntPtr, int> close)
        {
            if (Interlocked.Exchange(ref closed, 1) == 0) close(handle);
            Dispose();
        }

        protected override bool ReleaseHandle()
        {
            return Interlocked.Exchange(ref closed, 1) != 0 || Release(handle) == Native.Ok;
        }

        protected abstract int Release(IntPtr value);
    }

    internal sealed class ConfigHandle : FaspHandle
    {
        public ConfigHandle(long value) : base(value) { }

        protected override int Release(IntPtr value)
        {
            return Native.fasp_config_free(value);
        }
    }

    internal sealed class ServerHandle : FaspHandle
    {
        public ServerHandle(long value) : base(value) { }

        protected override int Release(IntPtr value)
        {
            return Native.fasp_server_close(value, 0);
        }
    }

    internal sealed class ClientHandle : FaspHandle
    {
        public ClientHandle(long value) : base(value) { }

        protected override int Release(IntPtr value)
        {
            return Native.fasp_client_close(value);
        }
    }

    internal sealed class SessionHandle : FaspHandle
    {
        public SessionHandle(long value) : base(value) { }

        protected override int Release(IntPtr value)
        {
            return Native.fasp_session_close(value);
        }
    }
}
