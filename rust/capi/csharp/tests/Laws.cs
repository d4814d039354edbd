using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Threading.Tasks;
using FaspStream;

/// <summary>What C# programs rely on; every law prints a line, and the first that is broken ends the program with 1.</summary>
internal static class Laws
{
    private const string Secret = "a secret that is long";

    private sealed class Pair : IDisposable
    {
        public readonly Server Server = new Server(Config(0, Secret));
        public readonly Client Client;

        public Pair()
        {
            Client = new Client(Config(Server.TcpPort, Secret));
        }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }

    private static Config Config(int port, string secret)
    {
        return new Config().Set("tcp.port", port.ToString()).Set("udp.port", "0").Set("connect.timeout", "60s").AccessKey("law", secret);
    }

    private static void Holds(bool condition, string what)
    {
        if (condition) return;
        throw new InvalidOperationException("not true: " + what);
    }

    private static T Fails<T>(Action act) where T : Exception
    {
        try
        {
            act();
        }
        catch (T e)
        {
            return e;
        }
        throw new InvalidOperationException("it did not fail with " + typeof(T).Name);
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    private static void AStreamArrivesAsItWasWrittenAndTheReceiptsAgree()
    {
        using (Pair pair = new Pair())
        {
            byte[] data = Bytes(3 << 20);
            MemoryStream got = new MemoryStream();
            Task<Receipt> taken = Task.Run(() =>
            {
                using (Session session = pair.Server.Accept())
                {
                    Holds(session.Stream == "läw" && session.Principal == "law" && !session.IsSender, "facts");
                    Holds(session.Metadata("colour") == "blue" && session.Metadata("sound") == null, "metadata");
                    return session.Read(stream => stream.CopyTo(got));
                }
            });
            Dictionary<string, string> words = new Dictionary<string, string> { { "colour", "blue" } };
            Receipt sent = pair.Client.Push("läw", stream => stream.Write(data, 0, data.Length), words);
            Receipt received = taken.Result;
            Holds(Convert.ToBase64String(got.ToArray()) == Convert.ToBase64String(data), "the bytes are equal");
            Holds(sent.Bytes == data.Length && received.Bytes == data.Length && sent.DigestHex == received.DigestHex, "the receipts agree");
            Holds(sent.SessionId.Length == 32 && sent.SessionId == received.SessionId && sent.DigestAlgorithm.Length > 0, "the session is named");
            Holds(pair.Server.Stats().SessionsOpened == 1, "the server counts");
        }
    }

    private static void AStreamOfTheFrameworkCanBePutOnTop()
    {
        using (Pair pair = new Pair())
        {
            Task<Receipt> given = Task.Run(() =>
            {
                using (Session session = pair.Server.Accept())
                {
                    return session.Write(stream =>
                    {
                        using (GZipStream gzip = new GZipStream(stream, CompressionMode.Compress, true))
                        using (StreamWriter writer = new StreamWriter(gzip))
                        {
                            for (int i = 0; i < 1000; i++) writer.WriteLine("line " + i);
                        }
                    });
                }
            });
            int count = 0;
            Receipt receipt = pair.Client.Pull("lines", stream =>
            {
                StreamReader reader = new StreamReader(new GZipStream(stream, CompressionMode.Decompress));
                for (string line; (line = reader.ReadLine()) != null; count++) Holds(line == "line " + count, line);
            });
            Holds(count == 1000 && given.Result.Bytes == receipt.Bytes, "all lines came");
        }
    }

    private static void ABodyThatThrowsAbortsAndItsWordsArrive()
    {
        using (Pair pair = new Pair())
        {
            Task<FaspException> taken = Task.Run(() =>
            {
                using (Session session = pair.Server.Accept())
                {
                    return Fails<FaspException>(() => session.Read(stream => stream.CopyTo(Stream.Null)));
                }
            });
            Fails<InvalidDataException>(() => pair.Client.Push("half", stream =>
            {
                stream.WriteByte(1);
                stream.Flush();
                throw new InvalidDataException("the source broke");
            }));
            Holds(taken.Result.Code == ErrorCode.AbortedByPeer && taken.Result.Message.Contains("the source broke"), taken.Result.Message);
        }
    }

    private static void AStreamThatIsDisposedWithoutCompletionIsAborted()
    {
        using (Pair pair = new Pair())
        {
            Session writer = pair.Client.Open(Direction.Push, "disposed");
            Session reader = pair.Server.Accept();
            using (Stream stream = writer.Output()) stream.WriteByte(1);
            writer.Dispose();
            Holds(Fails<FaspException>(() => reader.Read(stream => stream.CopyTo(Stream.Null))).Code == ErrorCode.AbortedByPeer, "aborted");
            Fails<ObjectDisposedException>(() => writer.Write(new byte[1], 0, 1));
            reader.Dispose();
        }
    }

    private static void NonsenseIsRefusedInWords()
    {
        using (Pair pair = new Pair())
        {
            FaspException e = Fails<FaspException>(() => new Config().Set("tcp.prot", "1"));
            Holds(e.Code == ErrorCode.Configuration && e.Message.Contains("tcp.port"), e.Message);
            e = Fails<FaspException>(() => new Client(Config(pair.Server.TcpPort, "another secret, wrong")));
            Holds(e.Code == ErrorCode.Authentication && !e.Retryable, e.Message);
            Fails<TimeoutException>(() => pair.Server.Accept(TimeSpan.FromMilliseconds(1)));
            Fails<ArgumentException>(() => new Config().Set("host", "a\0b"));
            using (Session session = pair.Client.Open(Direction.Push, "x"))
            {
                Fails<ArgumentOutOfRangeException>(() => session.Write(new byte[3], 2, 2));
                Fails<InvalidOperationException>(() => session.Input());
                Holds(session.Diagnose().Length > 0 && session.Stats().BytesAccepted == 0, "it can be asked");
            }
        }
    }

    private static void APinnedServerIsKeptAndADigestCanBeChosen()
    {
        using (Pair pair = new Pair())
        using (Client client = new Client(Config(pair.Server.TcpPort, Secret).Set("tls.pin", pair.Server.KeyPin).Set("digest", "blake3")))
        {
            Task<Receipt> taken = Task.Run(() =>
            {
                using (Session session = pair.Server.Accept()) return session.Read(stream => stream.CopyTo(Stream.Null));
            });
            Receipt sent = client.Push("abc", stream => stream.Write(new byte[] { 97, 98, 99 }, 0, 3));
            Holds(sent.DigestAlgorithm == "BLAKE3" && sent.DigestHex == taken.Result.DigestHex, sent.DigestHex);
            Holds(sent.DigestHex == "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85", sent.DigestHex);
            Config other = Config(pair.Server.TcpPort, Secret).Set("tls.pin", "sha256:" + new string('a', 64));
            Holds(Fails<FaspException>(() => new Client(other)).Code == ErrorCode.Authentication, "another key");
        }
    }

    private static void DisposeWakesWhoWaits()
    {
        using (Pair pair = new Pair())
        {
            Session writer = pair.Client.Open(Direction.Push, "waits");
            Session reader = pair.Server.Accept();
            Task<Exception> waiting = Task.Run(() => Fails<Exception>(() => reader.Read(new byte[1], 0, 1)));
            Holds(!waiting.Wait(50), "nothing was written");
            reader.Dispose();
            // Closed if the reader waited already, disposed if it came later: in no case it waits for ever.
            FaspException closed = waiting.Result as FaspException;
            Holds(closed == null ? waiting.Result is ObjectDisposedException : closed.Code == ErrorCode.Closed, waiting.Result.Message);
            writer.Dispose();
        }
    }

    private static int Main()
    {
        Action[] laws =
        {
            AStreamArrivesAsItWasWrittenAndTheReceiptsAgree, AStreamOfTheFrameworkCanBePutOnTop, ABodyThatThrowsAbortsAndItsWordsArrive,
            AStreamThatIsDisposedWithoutCompletionIsAborted, NonsenseIsRefusedInWords, APinnedServerIsKeptAndADigestCanBeChosen,
            DisposeWakesWhoWaits,
        };
        foreach (Action law in laws)
        {
            law();
            Console.WriteLine(law.Method.Name);
        }
        return 0;
    }
}
