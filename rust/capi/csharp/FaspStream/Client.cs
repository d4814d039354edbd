using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;

namespace FaspStream
{
    /// <summary>A connection to a server, which carries any number of sessions, also at the same time.</summary>
    public sealed class Client : IDisposable
    {
        private readonly ClientHandle handle;

        /// <summary>Connects, and waits until the server has let us in.</summary>
        public Client(Config config)
        {
            if (config == null) throw new ArgumentNullException("config");
            long client;
            Native.Check(Native.fasp_client_connect(config.Handle, out client));
            handle = new ClientHandle(client);
        }

        /// <summary>Opens a session, and waits until the server has accepted it.</summary>
        public Session Open(Direction direction, string stream, IDictionary<string, string> metadata = null)
        {
            List<GCHandle> pins = new List<GCHandle>();
            try
            {
                List<Native.Metadata> words = new List<Native.Metadata>();
                foreach (KeyValuePair<string, string> entry in metadata ?? new Dictionary<string, string>())
                {
                    words.Add(new Native.Metadata { Key = Pin(entry.Key, pins), Value = Pin(entry.Value, pins) });
                }
                long session;
                Native.Check(Native.fasp_client_open(handle, (int)direction, Native.Utf8(stream, "stream"), words.ToArray(), (UIntPtr)words.Count, out session));
                return new Session(session);
            }
            finally
            {
                pins.ForEach(pin => pin.Free());
            }
        }

        /// <summary>Pushes what the body writes; returns when the server's application has read it all.</summary>
        public Receipt Push(string stream, Action<Stream> body, IDictionary<string, string> metadata = null)
        {
            using (Session session = Open(Direction.Push, stream, metadata)) return session.Write(body);
        }

        /// <summary>Pulls a stream into the body.</summary>
        public Receipt Pull(string stream, Action<Stream> body, IDictionary<string, string> metadata = null)
        {
            using (Session session = Open(Direction.Pull, stream, metadata)) return session.Read(body);
        }

        /// <summary>Aborts the sessions that run, and ends.</summary>
        public void Dispose()
        {
            handle.CloseNow(Native.fasp_client_close);
        }

        private static IntPtr Pin(string text, List<GCHandle> pins)
        {
            GCHandle pin = GCHandle.Alloc(Native.Utf8(text, "metadata"), GCHandleType.Pinned);
            pins.Add(pin);
            return pin.AddrOfPinnedObject();
        }
    }
}
