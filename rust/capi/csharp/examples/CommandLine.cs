using System;
using System.Collections.Generic;
using System.IO;
using FaspStream;

/// <summary>A command line that can't be understood.</summary>
internal sealed class UsageException : Exception
{
    public UsageException(string message) : base(message) { }
}

/// <summary>The words and options of a command line; what both ends understand goes straight into the configuration.</summary>
internal sealed class CommandLine
{
    public readonly Config Config = new Config();
    public readonly List<string> Words = new List<string>();
    public string Dir;
    public bool Once, Quiet;

    public CommandLine(string[] args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == "--once") Once = true;
            else if (args[i] == "--quiet") Quiet = true;
            else if (!args[i].StartsWith("--", StringComparison.Ordinal)) Words.Add(args[i]);
            else if (i + 1 == args.Length) throw new UsageException(args[i] + " needs a value");
            else Option(args[i], args[++i]);
        }
    }

    /// <summary>Runs a program: 2 for a wrong command line, 1 for every other failure.</summary>
    public static int Run(string usage, Func<int> body)
    {
        try
        {
            return body();
        }
        catch (UsageException e)
        {
            Console.Error.WriteLine("error: " + e.Message + "\n" + usage);
            return 2;
        }
        catch (Exception e) when (e is IOException || e is UnauthorizedAccessException || e is InvalidOperationException)
        {
            Console.Error.WriteLine("error: " + e.Message);
            return 1;
        }
    }

    private void Option(string name, string value)
    {
        switch (name)
        {
            case "--host": Config.Set("host", value); break;
            case "--port": Config.Set("tcp.port", value); break;
            case "--udp-port": Config.Set("udp.port", value); break;
            case "--rate": Config.Set("target.rate", value); break;
            case "--policy": Config.Set("policy", value); break;
            case "--dir": Dir = value; break;
            case "--key":
                string[] key = Split(name, value, ':');
                Config.AccessKey(key[0], key[1]);
                break;
            case "--set":
                string[] pair = Split(name, value, '=');
                Config.Set(pair[0], pair[1]);
                break;
            default: throw new UsageException("unknown option " + name);
        }
    }

    private static string[] Split(string name, string text, char separator)
    {
        int at = text.IndexOf(separator);
        if (at < 1) throw new UsageException(name + " is not of the form A" + separator + "B");
        return new[] { text.Substring(0, at), text.Substring(at + 1) };
    }
}
