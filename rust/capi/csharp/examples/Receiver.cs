using System;
using System.IO;
using FaspStream;

/// <summary>Waits for one pushed stream and writes it to standard output.</summary>
internal static class Receiver
{
    private static int Main(string[] args)
    {
        return CommandLine.Run("usage: Receiver [--host ADDR] [--port N] [--udp-port N] [--key ID:SECRET]", () =>
        {
            using (Server server = new Server(new CommandLine(args).Config))
            {
                Console.Error.WriteLine("listening on " + server.Address + " (TCP) and UDP port " + server.UdpPort);
                using (Session session = server.Accept())
                using (Stream output = Console.OpenStandardOutput())
                {
                    Receipt receipt = session.Read(stream => stream.CopyTo(output));
                    Console.Error.WriteLine("received " + receipt.Bytes + " bytes");
                }
                server.Close(TimeSpan.FromSeconds(1));
            }
            return 0;
        });
    }
}
