package normuon.job.retrain;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import normuon.job.config.ConfigurationSources;
import normuon.job.config.MixtureSettings;
import normuon.job.config.RetrainSettings;
import normuon.job.data.JsonFile;

/**
 * The settings of the run of a generation: the user's, and over them what the plan says.
 *
 * @param sources what the user wrote
 * @param generation the generation
 * @param plan its plan
 * @param budget how long it is trained, and on what
 */
record GenerationRun(
    ConfigurationSources sources,
    Generation generation,
    GenerationPlan plan,
    TrainingBudget budget) {

  /** What {@code train} gets. */
  ConfigurationSources training() {
    RetrainSettings settings = plan.settings();
    List<String> assignments = common();
    if (plan.parent() > 0) {
      assignments.add("initialization.checkpoint=" + plan.parentCheckpoint());
      assignments.add("initialization.state=" + lowerCase(settings));
    }
    return with(assignments);
  }

  /** What both models are measured with. */
  ConfigurationSources evaluation() {
    List<String> assignments = common();
    assignments.add("initialization.checkpoint=");
    assignments.add("initialization.state=weights");
    assignments.add("generate.tokens=0");
    return with(assignments);
  }

  private List<String> common() {
    List<MixtureSettings> mixture =
        budget.uses().stream()
            .filter(use -> use.sequences() > 0)
            .map(use -> new MixtureSettings(use.tokensDirectory(), use.sequences()))
            .toList();
    List<String> assignments = new ArrayList<>(sources.assignments());
    assignments.add("run.directory=" + generation.run());
    assignments.add("data.sources=[]");
    assignments.add("data.mixture=" + JsonFile.text(mixture));
    assignments.add("train.steps=" + budget.steps());
    return assignments;
  }

  private ConfigurationSources with(List<String> assignments) {
    return new ConfigurationSources(sources.file(), sources.sparkProperties(), assignments);
  }

  private static String lowerCase(RetrainSettings settings) {
    return settings.inherit().name().toLowerCase(Locale.ROOT);
  }
}
