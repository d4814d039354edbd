using System;

namespace FaspStream
{
    /// <summary>What a server or client is to be like: every key of conf/faspstream.properties.</summary>
    public sealed class Config : IDisposable
    {
        /// <summary>The defaults.</summary>
        public Config()
        {
            long config;
            Native.Check(Native.fasp_config_new(out config));
            Handle = new ConfigHandle(config);
        }

        internal ConfigHandle Handle { get; private set; }

        /// <summary>Sets a key to its text, such as "target.rate" to "500mbit".</summary>
        public Config Set(string key, string value)
        {
            Native.Check(Native.fasp_config_set(Handle, Native.Utf8(key, "key"), Native.Utf8(value, "value")));
            return this;
        }

        /// <summary>Reads a properties file over what is set.</summary>
        public Config Load(string path)
        {
            Native.Check(Native.fasp_config_load(Handle, Native.Utf8(path, "path")));
            return this;
        }

        /// <summary>Adds an access key: a server accepts all of them, a client proves the last one.</summary>
        public Config AccessKey(string id, string secret)
        {
            Native.Check(Native.fasp_config_add_access_key(Handle, Native.Utf8(id, "id"), Native.Utf8(secret, "secret")));
            return this;
        }

        /// <summary>A fresh access key as "id:secret".</summary>
        public static string GenerateAccessKey(string id)
        {
            byte[] name = Native.Utf8(id, "id");
            return Native.Text((byte[] b, UIntPtr c, out UIntPtr l) => Native.fasp_access_key_generate(name, b, c, out l));
        }

        /// <summary>The version of the native library.</summary>
        public static string LibraryVersion
        {
            get { return Native.Version(); }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            Handle.Dispose();
        }
    }
}
