package interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** The jar of the distribution is a bundle: another bundle imports its package and moves bytes with it. */
@Timeout(60)
final class OsgiTest {
    @TempDir
    Path temp;

    @Test
    void a_bundle_that_imports_the_package_moves_bytes_and_sees_nothing_else() throws Exception {
        Framework framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow().newFramework(Map.of(
                Constants.FRAMEWORK_STORAGE, temp.resolve("cache").toString(),
                Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT));
        framework.start();
        try {
            BundleContext context = framework.getBundleContext();
            context.installBundle(Distribution.library().toUri().toString()).start();
            Bundle user = context.installBundle(userBundle().toUri().toString());
            user.start();
            Object program = user.loadClass(PushesToItself.class.getName()).getDeclaredConstructor().newInstance();
            assertEquals(100_000L, ((Callable<?>) program).call());
            assertThrows(ClassNotFoundException.class, () -> user.loadClass("faspstream.internal.Native"));
        } finally {
            framework.stop();
            framework.waitForStop(0);
        }
    }

    private Path userBundle() throws IOException {
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue(Constants.BUNDLE_MANIFESTVERSION, "2");
        headers.putValue(Constants.BUNDLE_SYMBOLICNAME, "user");
        headers.putValue(Constants.IMPORT_PACKAGE, "faspstream;version=\"[1.0,2)\"");
        Path jar = temp.resolve("user.jar");
        String name = PushesToItself.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                InputStream classFile = PushesToItself.class.getClassLoader().getResourceAsStream(name)) {
            out.putNextEntry(new JarEntry(name));
            classFile.transferTo(out);
        }
        return jar;
    }
}
