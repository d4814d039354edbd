package faspstream;

import faspstream.internal.Checks;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** Values of configuration keys, in layers: a later layer overrides an earlier one. Not thread-safe. */
final class Settings {
    static final String FILE = "faspstream.properties";
    static final String PROPERTY_PREFIX = "faspstream.";
    /** System properties of the loader, of tests, of management and of the test kit, which are no configuration keys. */
    private static final List<String> RESERVED = List.of("library.", "internal.", "jmx", "testkit.");

    private final Map<Setting, Object> values = new EnumMap<>(Setting.class);

    /** Sets a value that was checked before. */
    void put(Setting setting, Object value) {
        values.put(setting, value);
    }

    /** The value, its default where none was set; null where there is none. */
    Object get(Setting setting) {
        return values.containsKey(setting) ? values.get(setting) : setting.parse(setting.defaultText);
    }

    /** True if a value was set here. */
    boolean has(Setting setting) {
        return values.containsKey(setting);
    }

    /** A copy that no change here reaches. */
    Settings copy() {
        Settings copy = new Settings();
        copy.values.putAll(values);
        return copy;
    }

    /** Lays {@code upper} over this. A layer with access keys replaces those of lower layers, whichever key they came by. */
    void overlay(Settings upper) {
        if (upper.has(Setting.ACCESS_KEY) || upper.has(Setting.ACCESS_KEY_FILE)) {
            values.remove(Setting.ACCESS_KEY);
            values.remove(Setting.ACCESS_KEY_FILE);
        }
        values.putAll(upper.values);
    }

    /** The first {@code faspstream.properties} of the class path, and the system properties over it. */
    static Settings environment() throws IOException {
        Settings settings = new Settings();
        URL url = find();
        if (url != null) {
            try (InputStream in = url.openStream()) {
                settings.overlay(read(in, url.toString()));
            }
        }
        settings.overlay(systemProperties());
        return settings;
    }

    /** The settings of one file. */
    static Settings load(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(Checks.notNull(file, "config file"))) {
            return read(in, file.toString());
        } catch (java.nio.file.NoSuchFileException e) {
            throw new FaspException(
                    ErrorCode.CONFIGURATION, "the configuration file " + file + " does not exist", e);
        }
    }

    private static URL find() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        URL url = context == null ? null : context.getResource(FILE);
        if (url != null) {
            return url;
        }
        ClassLoader own = Settings.class.getClassLoader();
        return own == null ? ClassLoader.getSystemResource(FILE) : own.getResource(FILE);
    }

    private static Settings read(InputStream in, String source) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IllegalArgumentException e) {
            throw new FaspException(ErrorCode.CONFIGURATION, source + ": " + e.getMessage(), e);
        }
        Settings settings = new Settings();
        for (String key : properties.stringPropertyNames()) {
            settings.set(source, key, properties.getProperty(key));
        }
        return settings;
    }

    private static Settings systemProperties() throws FaspException {
        Settings settings = new Settings();
        for (String name : System.getProperties().stringPropertyNames()) {
            if (!name.startsWith(PROPERTY_PREFIX)) {
                continue;
            }
            String key = name.substring(PROPERTY_PREFIX.length());
            String value = System.getProperty(name);
            if (value != null && RESERVED.stream().noneMatch(key::startsWith)) {
                settings.set("system property " + name, key, value);
            }
        }
        return settings;
    }

    private void set(String source, String key, String text) throws FaspException {
        Setting setting = Setting.of(key);
        if (setting == null) {
            throw new FaspException(
                    ErrorCode.CONFIGURATION,
                    source + ": unknown key '" + key + "', did you mean '" + Setting.nearest(key) + "'? Allowed are " + Setting.allKeys(),
                    null);
        }
        try {
            values.put(setting, setting.parse(text.trim()));
        } catch (IllegalArgumentException e) {
            String shown = setting.isSecret() ? "(not shown)" : "'" + text.trim() + "'";
            throw new FaspException(
                    ErrorCode.CONFIGURATION, source + ": " + key + " is " + shown + ": " + e.getMessage(), e);
        }
    }

    /** Refuses combinations that no single key shows. */
    void check() throws FaspException {
        Rate target = (Rate) get(Setting.TARGET_RATE);
        Rate min = (Rate) get(Setting.MIN_RATE);
        if (min.compareTo(target) > 0) {
            throw wrong("min.rate is " + min + ", allowed is at most target.rate, which is " + target);
        }
        Object size = get(Setting.BUFFER_SIZE);
        long max = (Long) get(Setting.BUFFER_MAX);
        if (size instanceof Long && (Long) size > max) {
            throw wrong("buffer.size is " + size + " bytes, allowed is at most buffer.max, which is " + max);
        }
        if ((get(Setting.TLS_CERT) == null) != (get(Setting.TLS_KEY) == null)) {
            throw wrong("tls.cert and tls.key must be set together");
        }
    }

    private static FaspException wrong(String message) {
        return new FaspException(ErrorCode.CONFIGURATION, message, null);
    }

    /** The access keys, from the file too. */
    List<AccessKey> accessKeys() throws IOException {
        List<AccessKey> keys = new ArrayList<>();
        for (Object key : (List<?>) get(Setting.ACCESS_KEY)) {
            keys.add((AccessKey) key);
        }
        Path file = (Path) get(Setting.ACCESS_KEY_FILE);
        if (file != null) {
            keys.addAll(AccessKey.loadAll(file));
        }
        return keys;
    }

    /** All of it for the bridge: lines of {@code key=value} in UTF-8, {@code access.key} once per key. Holds secrets: wipe it. */
    byte[] encode() throws IOException {
        StringBuilder text = new StringBuilder();
        for (Setting setting : Setting.values()) {
            Object value = get(setting);
            if (setting != Setting.ACCESS_KEY && setting != Setting.ACCESS_KEY_FILE && value != null) {
                text.append(setting.key).append('=').append(Setting.canonical(value)).append('\n');
            }
        }
        for (AccessKey key : accessKeys()) {
            text.append(Setting.ACCESS_KEY.key).append('=').append(key.reveal()).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
