using System;
using System.IO;
using FaspStream;

/// <summary>A client that pushes a file to a server as a stream, or pulls a stream into a file.</summary>
internal static class GenericClient
{
    private const string Usage =
        "usage: GenericClient push NAME [FILE|-] | pull NAME [FILE|-] [options]\n" +
        "  --host ADDR      the server's address (default 127.0.0.1)\n" +
        "  --port N         the server's TCP port (default 33001)\n" +
        "  --rate RATE      never faster than this, such as 500mbit\n" +
        "  --policy POLICY  fixed, high, fair or low\n" +
        "  --key ID:SECRET  the access key to prove\n" +
        "  --set KEY=VALUE  any key of conf/faspstream.properties\n" +
        "  --quiet          print errors only";
    private const int Chunk = 256 * 1024;

    private static int Main(string[] args)
    {
        return CommandLine.Run(Usage, () =>
        {
            CommandLine line = new CommandLine(args);
            if (line.Words.Count < 2 || line.Words.Count > 3) throw new UsageException("push or pull, and a NAME, are needed");
            string name = line.Words[1], path = line.Words.Count == 3 ? line.Words[2] : "-";
            using (Client client = new Client(line.Config))
            {
                if (line.Words[0] == "push") Report(line, "pushed", name, Push(client, name, path));
                else if (line.Words[0] == "pull") Report(line, "pulled", name, Pull(client, name, path));
                else throw new UsageException("unknown command '" + line.Words[0] + "': allowed is push or pull");
            }
            return 0;
        });
    }

    private static Receipt Push(Client client, string name, string path)
    {
        using (Stream source = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path))
        {
            // What is thrown in the body aborts the stream, and its words go to the server.
            return client.Push(name, stream => source.CopyTo(stream, Chunk));
        }
    }

    private static Receipt Pull(Client client, string name, string path)
    {
        if (path == "-") return client.Pull(name, stream => stream.CopyTo(Console.OpenStandardOutput(), Chunk));
        string partial = path + ".part";
        try
        {
            return client.Pull(name, stream =>
            {
                using (Stream file = File.Create(partial)) stream.CopyTo(file, Chunk);
                // The server hears of the end when this body returns: when the file stands under its name.
                File.Delete(path);
                File.Move(partial, path);
            });
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static void Report(CommandLine line, string verb, string name, Receipt receipt)
    {
        if (line.Quiet) return;
        Console.Error.WriteLine(verb + " '" + name + "': " + receipt.Bytes + " bytes, " + receipt.AverageRate / 1000000 + " Mbit/s, " +
            receipt.DigestAlgorithm + " " + receipt.DigestHex);
    }
}
