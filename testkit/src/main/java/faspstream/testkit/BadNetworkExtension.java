package faspstream.testkit;

import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** Gives a test its {@link TestNetwork}, and closes that when the test is over. */
final class BadNetworkExtension implements ParameterResolver, AfterEachCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(BadNetworkExtension.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == TestNetwork.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getStore(NAMESPACE)
                .getOrComputeIfAbsent(context.getUniqueId(), id -> new TestNetwork(conditions(context)), TestNetwork.class);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        TestNetwork network = context.getStore(NAMESPACE).remove(context.getUniqueId(), TestNetwork.class);
        if (network != null) {
            network.close();
        }
    }

    private static BadNetwork conditions(ExtensionContext context) {
        Optional<BadNetwork> found = AnnotationSupport.findAnnotation(context.getElement(), BadNetwork.class);
        return found.or(() -> AnnotationSupport.findAnnotation(context.getTestClass(), BadNetwork.class))
                .orElseThrow(() -> new IllegalStateException("annotate the test or its class with @BadNetwork"));
    }
}
