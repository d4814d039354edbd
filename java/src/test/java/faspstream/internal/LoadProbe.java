package faspstream.internal;

import faspstream.FaspStream;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;

/** The program of {@link LoadingTest}: says whether the library could be loaded, or why not. */
final class LoadProbe {
    private LoadProbe() {}

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            System.out.println(twice());
        } else {
            System.out.println(FaspStream.isAvailable() ? "LOADED" : FaspStream.unavailabilityCause());
        }
    }

    /** Loads the library in two class loaders that know nothing of each other. */
    private static String twice() throws Exception {
        String[] parts = System.getProperty("java.class.path").split(File.pathSeparator);
        URL[] path = new URL[parts.length];
        for (int i = 0; i < parts.length; i++) {
            path[i] = new File(parts[i]).toURI().toURL();
        }
        StringBuilder said = new StringBuilder();
        for (int i = 0; i < 2; i++) {
            URLClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader());
            Class<?> library = loader.loadClass("faspstream.FaspStream");
            said.append(library.getMethod("isAvailable").invoke(null)).append(' ');
            said.append(library.getMethod("unavailabilityCause").invoke(null)).append(' ');
        }
        return said.toString().trim();
    }
}
