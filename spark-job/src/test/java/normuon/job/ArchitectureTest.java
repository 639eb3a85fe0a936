package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;
import normuon.job.comm.CommunicationOffender;
import normuon.job.config.ConfigurationOffender;
import normuon.job.config.RunConfiguration;
import normuon.model.ModelOffender;
import normuon.optimizer.OptimizerOffender;
import normuon.optimizer.shard.RowShard;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ArchitectureTest {

  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("normuon");

  /** Each rule, a class that breaks it, and what the complaint must name. */
  static Stream<Arguments> rules() {
    return Stream.of(
        arguments(
            ArchitectureRules.IMPORTS_POINT_DOWN,
            ConfigurationOffender.class,
            "normuon.job.report.Status"),
        arguments(
            ArchitectureRules.SIBLINGS_SEE_ONLY_CONFIGURATION,
            CommunicationOffender.class,
            "normuon.job.report.Status"),
        arguments(
            ArchitectureRules.MODEL_DOES_NOT_SEE_OPTIMIZER,
            ModelOffender.class,
            "normuon.optimizer.shard.RowShard"),
        arguments(
            ArchitectureRules.OPTIMIZER_DOES_NOT_SEE_MODEL,
            OptimizerOffender.class,
            "normuon.model.ModelOffender"),
        arguments(
            ArchitectureRules.ONLY_THE_JOB_SEES_SPARK,
            OptimizerOffender.class,
            "org.apache.spark.TaskContext"),
        arguments(
            ArchitectureRules.ONLY_TORCH_SEES_THE_ENGINE,
            OptimizerOffender.class,
            "ai.djl.pytorch.engine.PtNDArray"),
        arguments(
            ArchitectureRules.NO_ARITHMETIC_WITH_JAVA_NUMBERS,
            ModelOffender.class,
            "NDArray.mul(java.lang.Number)"),
        arguments(
            ArchitectureRules.NO_ARITHMETIC_WITH_JAVA_NUMBERS,
            ModelOffender.class,
            "NDArray.addi(java.lang.Number)"),
        arguments(
            ArchitectureRules.NO_ARITHMETIC_WITH_JAVA_NUMBERS,
            OptimizerOffender.class,
            "PtNDArray.pow(java.lang.Number)"),
        arguments(
            ArchitectureRules.NO_SWAPPED_STORAGE,
            ModelOffender.class,
            "NDArray.set(java.nio.Buffer)"),
        arguments(ArchitectureRules.NO_SWAPPED_STORAGE, ModelOffender.class, "NDArray.set([F)"),
        arguments(ArchitectureRules.NO_TYPE_CONVERSION, ModelOffender.class, "NDArray.toType("),
        arguments(ArchitectureRules.NO_EXIT, ModelOffender.class, "System.exit(int)"),
        arguments(ArchitectureRules.NO_EXIT, ModelOffender.class, "Runtime.halt(int)"));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theHouseKeepsTheRule(ArchRule rule) {
    rule.check(PRODUCT);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theRuleFindsWhoBreaksIt(ArchRule rule, Class<?> offender, String complaint) {
    JavaClasses offenders = new ClassFileImporter().importClasses(offender);

    assertThatThrownBy(() -> rule.check(offenders))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(complaint);
  }

  @Test
  void everyModuleIsLookedAt() {
    assertThat(PRODUCT.contain(RunConfiguration.class)).isTrue();
    assertThat(PRODUCT.contain(RowShard.class)).isTrue();
    assertThat(PRODUCT.contain(ModelOffender.class)).isFalse();
  }
}
