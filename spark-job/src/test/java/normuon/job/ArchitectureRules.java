package normuon.job;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import java.util.function.Predicate;

/** The rules of the house: who may import whom, and which calls are traps. */
final class ArchitectureRules {

  /** Imports point down this list, never up. */
  private static final List<String> PACKAGES =
      List.of(
          "normuon.job",
          "normuon.job.preflight",
          "normuon.job.plan",
          "normuon.job.retrain",
          "normuon.job.export",
          "normuon.job.inference",
          "normuon.job.train",
          "normuon.job.study",
          "normuon.job.bench",
          "normuon.job.ui",
          "normuon.job.charts",
          "normuon.job.metrics",
          "normuon.job.track",
          "normuon.job.lake",
          "normuon.job.data",
          "normuon.job.comm",
          "normuon.job.checkpoint",
          "normuon.job.report",
          "normuon.job.config",
          "normuon.model.hub",
          "normuon.model",
          "normuon.model.text",
          "normuon.optimizer",
          "normuon.optimizer.shard",
          "normuon.torch");

  private static final String NDARRAY = "ai.djl.ndarray.NDArray";

  static final ArchRule IMPORTS_POINT_DOWN =
      classes().should(onlyImportWhatStandsLower()).as("imports point down the list of packages");

  static final ArchRule MODEL_DOES_NOT_SEE_OPTIMIZER =
      noClasses()
          .that()
          .resideInAPackage("normuon.model..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("normuon.optimizer..")
          .allowEmptyShould(true)
          .because("models and optimizers are used without each other");

  static final ArchRule OPTIMIZER_DOES_NOT_SEE_MODEL =
      noClasses()
          .that()
          .resideInAnyPackage("normuon.optimizer..", "normuon.torch..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("normuon.model..")
          .because("models and optimizers are used without each other");

  static final ArchRule ONLY_THE_JOB_SEES_SPARK =
      noClasses()
          .that()
          .resideOutsideOfPackage("normuon.job..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark..", "org.apache.hadoop..", "scala..")
          .because("models and optimizers are used without Spark");

  static final ArchRule ONLY_TORCH_SEES_THE_ENGINE =
      noClasses()
          .that()
          .resideOutsideOfPackage("normuon.torch..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl.pytorch..")
          .because("normuon.torch is the one place that touches DJL's internals");

  static final ArchRule SIBLINGS_SEE_ONLY_CONFIGURATION =
      classes()
          .that()
          .resideInAnyPackage(
              "normuon.job.bench..",
              "normuon.job.data..",
              "normuon.job.comm..",
              "normuon.job.checkpoint..",
              "normuon.job.report..",
              "normuon.job.config..")
          .should(seeNoSiblingButConfiguration());

  static final ArchRule NO_ARITHMETIC_WITH_JAVA_NUMBERS =
      noClasses()
          .that()
          .resideOutsideOfPackage("normuon.torch..")
          .should()
          .callMethodWhere(
              onArrays(
                  "an operation of NDArray that takes a Number",
                  call ->
                      call.getTarget().getRawParameterTypes().stream().anyMatch(is(Number.class))))
          .because(
              "DJL wraps the number in Java memory and frees it while autograd still points at it");

  static final ArchRule NO_SWAPPED_STORAGE =
      noClasses()
          .that()
          .resideOutsideOfPackage("normuon.torch..")
          .should()
          .callMethodWhere(
              onArrays(
                  "NDArray.set with a buffer or a Java array",
                  call ->
                      call.getName().equals("set")
                          && call.getTarget().getRawParameterTypes().stream()
                              .limit(1)
                              .anyMatch(
                                  type ->
                                      type.isArray()
                                          || type.isAssignableTo(java.nio.Buffer.class))))
          .because("DJL swaps the storage to Java memory instead of copying into it");

  static final ArchRule NO_TYPE_CONVERSION =
      noClasses()
          .that()
          .resideOutsideOfPackage("normuon.torch..")
          .should()
          .callMethodWhere(onArrays("NDArray.toType", call -> call.getName().equals("toType")))
          .because("converting to bfloat16 aborts the process; the operator kit converts safely");

  static final ArchRule NO_EXIT =
      noClasses()
          .should()
          .callMethodWhere(
              DescribedPredicate.describe(
                  "the end of the process",
                  (JavaMethodCall call) ->
                      (call.getTargetOwner().isEquivalentTo(System.class)
                              || call.getTargetOwner().isEquivalentTo(Runtime.class))
                          && List.of("exit", "halt").contains(call.getName())))
          .because("a driver or an executor that exits takes its cause with it; throw");

  private ArchitectureRules() {}

  private static DescribedPredicate<JavaMethodCall> onArrays(
      String description, Predicate<JavaMethodCall> calls) {
    return DescribedPredicate.describe(
        description,
        call ->
            (call.getTargetOwner().isAssignableTo(NDARRAY)
                    || call.getTargetOwner().getName().equals(NDARRAY + "s"))
                && calls.test(call));
  }

  private static Predicate<JavaClass> is(Class<?> type) {
    return parameter -> parameter.isEquivalentTo(type);
  }

  private static ArchCondition<JavaClass> onlyImportWhatStandsLower() {
    return new ArchCondition<>("only import what stands lower") {
      @Override
      public void check(JavaClass importer, ConditionEvents events) {
        if (place(importer) < 0) {
          events.add(
              SimpleConditionEvent.violated(
                  importer, importer.getName() + " is in no package of the list"));
        }
        for (Dependency dependency : importer.getDirectDependenciesFromSelf()) {
          JavaClass imported = dependency.getTargetClass();
          if (isOurs(imported) && place(imported) < place(importer)) {
            events.add(SimpleConditionEvent.violated(importer, dependency.getDescription()));
          }
        }
      }
    };
  }

  private static ArchCondition<JavaClass> seeNoSiblingButConfiguration() {
    return new ArchCondition<>("see no sibling but the configuration") {
      @Override
      public void check(JavaClass importer, ConditionEvents events) {
        for (Dependency dependency : importer.getDirectDependenciesFromSelf()) {
          String imported = dependency.getTargetClass().getPackageName();
          if (imported.startsWith("normuon.job")
              && !imported.equals(importer.getPackageName())
              && !imported.equals("normuon.job.config")) {
            events.add(SimpleConditionEvent.violated(importer, dependency.getDescription()));
          }
        }
      }
    };
  }

  private static boolean isOurs(JavaClass type) {
    return type.getPackageName().startsWith("normuon.");
  }

  private static int place(JavaClass type) {
    return PACKAGES.indexOf(type.getPackageName());
  }
}
