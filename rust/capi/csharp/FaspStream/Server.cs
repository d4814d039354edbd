using System;

namespace FaspStream
{
    /// <summary>Serves any number of clients on one TCP and one UDP port.</summary>
    public sealed class Server : IDisposable
    {
        private readonly ServerHandle handle;

        /// <summary>Binds the ports and starts to serve.</summary>
        public Server(Config config)
        {
            if (config == null) throw new ArgumentNullException("config");
            long server;
            Native.Check(Native.fasp_server_start(config.Handle, out server));
            handle = new ServerHandle(server);
        }

        /// <summary>Address and port of the control channel as bound.</summary>
        public string Address
        {
            get { return Native.Text((byte[] b, UIntPtr c, out UIntPtr l) => Native.fasp_server_address(handle, b, c, out l)); }
        }

        /// <summary>What clients may set as "tls.pin". Without "tls.cert" it is another one at each start.</summary>
        public string KeyPin
        {
            get { return Native.Text((byte[] b, UIntPtr c, out UIntPtr l) => Native.fasp_server_key_pin(handle, b, c, out l)); }
        }

        /// <summary>The control port as bound.</summary>
        public int TcpPort
        {
            get
            {
                ushort port;
                Native.Check(Native.fasp_server_tcp_port(handle, out port));
                return port;
            }
        }

        /// <summary>The data port as bound.</summary>
        public int UdpPort
        {
            get
            {
                ushort port;
                Native.Check(Native.fasp_server_udp_port(handle, out port));
                return port;
            }
        }

        /// <summary>Waits for the next session. TimeoutException if none comes in time.</summary>
        public Session Accept(TimeSpan? timeout = null)
        {
            long session;
            Native.Check(Native.fasp_server_accept(handle, Native.Millis(timeout), out session));
            return new Session(session);
        }

        /// <summary>A snapshot of the counters.</summary>
        public ServerStats Stats()
        {
            ServerStats stats = ServerStats.Sized();
            Native.Check(Native.fasp_server_get_stats(handle, ref stats));
            return stats;
        }

        /// <summary>Caps the sum over all sessions, in bits per second; ulong.MaxValue for none.</summary>
        public void TargetRate(ulong bitsPerSecond)
        {
            Native.Check(Native.fasp_server_set_target_rate(handle, bitsPerSecond));
        }

        /// <summary>Lets running sessions go on for some time, then ends. Wakes who waits in Accept.</summary>
        public void Close(TimeSpan grace)
        {
            handle.CloseNow(value => Native.fasp_server_close(value, (ulong)Math.Max(0, grace.TotalMilliseconds)));
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            Close(TimeSpan.Zero);
        }
    }
}
