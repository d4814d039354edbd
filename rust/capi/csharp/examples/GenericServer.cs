using System;
using System.IO;
using System.Threading;
using FaspStream;

/// <summary>A server that stores the streams that clients push as files of a directory, and gives them to those that pull.</summary>
internal static class GenericServer
{
    private const string Usage =
        "usage: GenericServer --dir DIR [options]\n" +
        "  --dir DIR        keep streams as files there\n" +
        "  --host ADDR      address to listen on (default 127.0.0.1); any but loopback needs a key\n" +
        "  --port N         TCP port, 0 = any free one (default 33001)\n" +
        "  --udp-port N     UDP port, 0 = any free one (default 33001)\n" +
        "  --key ID:SECRET  the access key that clients have to prove\n" +
        "  --set KEY=VALUE  any key of conf/faspstream.properties\n" +
        "  --once           serve one session, then end: 0 if it went well, 1 if not";
    private const int Chunk = 256 * 1024;

    private static int Main(string[] args)
    {
        return CommandLine.Run(Usage, () =>
        {
            CommandLine line = new CommandLine(args);
            if (line.Dir == null || line.Words.Count > 0) throw new UsageException("--dir is needed, and nothing but options");
            using (Server server = new Server(line.Config))
            {
                Console.WriteLine("listening on " + server.Address + " (TCP) and UDP port " + server.UdpPort);
                Console.CancelKeyPress += (sender, e) => server.Close(TimeSpan.Zero);
                if (line.Once)
                {
                    bool well = Serve(server.Accept(), line.Dir);
                    server.Close(TimeSpan.FromSeconds(1));
                    return well ? 0 : 1;
                }
                while (true)
                {
                    Session session = server.Accept();
                    new Thread(() => Serve(session, line.Dir)) { IsBackground = true }.Start();
                }
            }
        });
    }

    private static bool Serve(Session session, string dir)
    {
        using (session)
        {
            string name = session.Stream;
            string what = (session.Direction == Direction.Push ? "push '" : "pull '") + name + "'";
            try
            {
                if (name.Length == 0 || name[0] == '.' || name.IndexOf('/') >= 0)
                {
                    session.Reject("the name of the stream is no plain file name");
                    throw new IOException("no plain file name");
                }
                if (session.Direction == Direction.Push) Take(session, Path.Combine(dir, name), Path.Combine(dir, "." + session.Id + ".part"));
                else Give(session, Path.Combine(dir, name));
                Console.WriteLine(what + " completed");
                return true;
            }
            catch (Exception e)
            {
                Console.WriteLine(what + " failed: " + e.Message);
                return false;
            }
        }
    }

    private static void Take(Session session, string path, string partial)
    {
        try
        {
            session.Read(stream =>
            {
                using (Stream file = File.Create(partial)) stream.CopyTo(file, Chunk);
                // The client hears of the end when this body returns: when the file stands under its name.
                File.Delete(path);
                File.Move(partial, path);
            });
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static void Give(Session session, string path)
    {
        if (!File.Exists(path))
        {
            session.Reject("there is no such stream here");
            throw new FileNotFoundException("there is no such stream here");
        }
        using (Stream file = File.OpenRead(path)) session.Write(stream => file.CopyTo(stream, Chunk));
    }
}
