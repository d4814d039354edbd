using System;
using System.Runtime.InteropServices;
using System.Text;

namespace FaspStream
{
    /// <summary>The functions of faspstream.h. Handles are 64-bit numbers with a generation; a safe handle carries them in its pointer.</summary>
    internal static class Native
    {
        private const string Library = "faspstream";
        private const CallingConvention Call = CallingConvention.Cdecl;

        public const int Ok = 0, Again = 100, End = 101, Truncated = 103;
        public const long Forever = -1;

        static Native()
        {
            if (IntPtr.Size != 8) throw new PlatformNotSupportedException("FaspStream needs a 64-bit process");
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct Metadata
        {
            public IntPtr Key, Value;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct ReceiptRecord
        {
            public UIntPtr Size;
            public ulong Bytes, StartedNs, EndedNs, DurationNs, AverageRate;
            public UIntPtr DigestLength;
            [MarshalAs(UnmanagedType.ByValArray, SizeConst = 64)] public byte[] Digest;
            [MarshalAs(UnmanagedType.ByValArray, SizeConst = 16)] public byte[] DigestAlgorithm;
            [MarshalAs(UnmanagedType.ByValArray, SizeConst = 40)] public byte[] SessionId;
            [MarshalAs(UnmanagedType.ByValArray, SizeConst = 136)] public byte[] Peer;

            public static ReceiptRecord Sized()
            {
                return new ReceiptRecord
                {
                    Size = (UIntPtr)Marshal.SizeOf(typeof(ReceiptRecord)), Digest = new byte[64], DigestAlgorithm = new byte[16],
                    SessionId = new byte[40], Peer = new byte[136],
                };
            }
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct DiagnosisRecord
        {
            public UIntPtr Size;
            public int Limit, Reserved;
            [MarshalAs(UnmanagedType.ByValArray, SizeConst = 9)] public double[] Shares;
            [MarshalAs(UnmanagedType.ByValArray, SizeConst = 160)] public byte[] Sentence;
        }

        public delegate int TextFunction(byte[] buffer, UIntPtr capacity, out UIntPtr length);

        [DllImport(Library, CallingConvention = Call)] private static extern IntPtr fasp_error_message();
        [DllImport(Library, CallingConvention = Call)] private static extern ulong fasp_error_bytes_delivered();
        [DllImport(Library, CallingConvention = Call)] [return: MarshalAs(UnmanagedType.I1)] private static extern bool fasp_error_retryable();
        [DllImport(Library, CallingConvention = Call)] private static extern IntPtr fasp_version();

        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_config_new(out long config);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_config_free(IntPtr config);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_config_set(ConfigHandle config, byte[] key, byte[] value);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_config_load(ConfigHandle config, byte[] path);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_config_add_access_key(ConfigHandle config, byte[] id, byte[] secret);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_access_key_generate(byte[] id, byte[] buffer, UIntPtr capacity, out UIntPtr length);

        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_server_start(ConfigHandle config, out long server);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_server_address(ServerHandle server, byte[] buffer, UIntPtr capacity, out UIntPtr length);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_server_key_pin(ServerHandle server, byte[] buffer, UIntPtr capacity, out UIntPtr length);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_server_tcp_port(ServerHandle server, out ushort port);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_server_udp_port(ServerHandle server, out ushort port);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_server_accept(ServerHandle server, long timeout, out long session);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_server_get_stats(ServerHandle server, ref ServerStats stats);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_server_set_target_rate(ServerHandle server, ulong rate);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_server_close(IntPtr server, ulong grace);

        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_client_connect(ConfigHandle config, out long client);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_client_open(ClientHandle client, int direction, byte[] stream, Metadata[] metadata, UIntPtr count, out long session);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_client_close(IntPtr client);

        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_id(SessionHandle session, byte[] buffer, UIntPtr capacity, out UIntPtr length);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_stream(SessionHandle session, byte[] buffer, UIntPtr capacity, out UIntPtr length);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_principal(SessionHandle session, byte[] buffer, UIntPtr capacity, out UIntPtr length);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_remote_address(SessionHandle session, byte[] buffer, UIntPtr capacity, out UIntPtr length);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_metadata(SessionHandle session, byte[] key, byte[] buffer, UIntPtr capacity, out UIntPtr length);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_direction(SessionHandle session, out int direction);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_is_sender(SessionHandle session, [MarshalAs(UnmanagedType.I1)] out bool sender);
        [DllImport(Library, CallingConvention = Call)] public static extern unsafe int fasp_session_read(SessionHandle session, byte* data, UIntPtr length, long timeout, out UIntPtr count);
        [DllImport(Library, CallingConvention = Call)] public static extern unsafe int fasp_session_write_all(SessionHandle session, byte* data, UIntPtr length);
        [DllImport(Library, CallingConvention = Call)] public static extern unsafe int fasp_session_write(SessionHandle session, byte* data, UIntPtr length, long timeout, out UIntPtr count);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_flush(SessionHandle session);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_complete(SessionHandle session, long timeout, ref ReceiptRecord receipt);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_hold_completion(SessionHandle session);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_confirm(SessionHandle session, long timeout, ref ReceiptRecord receipt);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_stats(SessionHandle session, ref Stats stats);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_diagnose(SessionHandle session, ref DiagnosisRecord diagnosis);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_set_target_rate(SessionHandle session, ulong rate);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_set_min_rate(SessionHandle session, ulong rate);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_set_policy(SessionHandle session, int policy);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_reject(SessionHandle session, byte[] reason);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_abort(SessionHandle session, byte[] reason);
        [DllImport(Library, CallingConvention = Call)] public static extern int fasp_session_close(IntPtr session);

        /// <summary>A zero-terminated text in UTF-8.</summary>
        public static byte[] Utf8(string text, string name)
        {
            if (text == null) throw new ArgumentNullException(name);
            if (text.IndexOf('\0') >= 0) throw new ArgumentException("has a zero character in it", name);
            return Encoding.UTF8.GetBytes(text + "\0");
        }

        public static string Text(byte[] buffer)
        {
            int end = Array.IndexOf(buffer, (byte)0);
            return Encoding.UTF8.GetString(buffer, 0, end < 0 ? buffer.Length : end);
        }

        public static string Text(TextFunction get)
        {
            byte[] buffer = new byte[256];
            while (true)
            {
                UIntPtr length;
                int code = get(buffer, (UIntPtr)buffer.Length, out length);
                if (code != Truncated)
                {
                    Check(code);
                    return Encoding.UTF8.GetString(buffer, 0, (int)length);
                }
                buffer = new byte[(int)length + 1];
            }
        }

        public static string Version()
        {
            return FromPointer(fasp_version());
        }

        /// <summary>Throws what the calling thread's last call failed of.</summary>
        public static void Check(int code)
        {
            if (code == Ok) return;
            if (code == Again) throw new TimeoutException("not within the given time; the object stays usable");
            throw new FaspException((ErrorCode)code, FromPointer(fasp_error_message()), fasp_error_retryable(), (long)fasp_error_bytes_delivered());
        }

        public static long Millis(TimeSpan? timeout)
        {
            if (timeout == null || timeout.Value < TimeSpan.Zero) return Forever;
            return (long)Math.Ceiling(timeout.Value.TotalMilliseconds);
        }

        private static string FromPointer(IntPtr text)
        {
            int length = 0;
            while (Marshal.ReadByte(text, length) != 0) length++;
            byte[] bytes = new byte[length];
            Marshal.Copy(text, bytes, 0, length);
            return Encoding.UTF8.GetString(bytes);
        }
    }
}
