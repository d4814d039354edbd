using System;
using System.IO;
using FaspStream;

/// <summary>Pushes standard input as the stream NAME.</summary>
internal static class Sender
{
    private static int Main(string[] args)
    {
        return CommandLine.Run("usage: Sender NAME [--host ADDR] [--port N] [--rate RATE] [--policy POLICY] [--key ID:SECRET]", () =>
        {
            CommandLine line = new CommandLine(args);
            if (line.Words.Count != 1) throw new UsageException("the NAME of the stream is needed");
            using (Client client = new Client(line.Config))
            using (Stream input = Console.OpenStandardInput())
            {
                Receipt receipt = client.Push(line.Words[0], stream => input.CopyTo(stream));
                Console.Error.WriteLine("sent " + receipt.Bytes + " bytes");
            }
            return 0;
        });
    }
}
