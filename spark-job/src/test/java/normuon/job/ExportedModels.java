package normuon.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Models as folders of Hugging Face's layout: by our command, and by programs in plain Python. */
final class ExportedModels {

  private static final Path PROGRAMS =
      Path.of("../model/src/test/resources/normuon/model/hub").toAbsolutePath().normalize();

  private ExportedModels() {}

  /**
   * What the command {@code export} did.
   *
   * @param code the exit code
   * @param output what it printed
   * @param errors what it printed as errors
   */
  record Export(int code, String output, String errors) {

    Export requireSucceeded() {
      assertThat(errors).isEmpty();
      assertThat(code).isZero();
      return this;
    }
  }

  /** Runs the command {@code export}. */
  static Export export(Object source, String... options) {
    List<String> arguments = new ArrayList<>(List.of("export", source.toString()));
    arguments.addAll(List.of(options));
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int code =
        Main.run(
            new PrintStream(output, true, StandardCharsets.UTF_8),
            new PrintStream(errors, true, StandardCharsets.UTF_8),
            arguments.toArray(String[]::new));
    return new Export(
        code, output.toString(StandardCharsets.UTF_8), errors.toString(StandardCharsets.UTF_8));
  }

  /** The logits [length][vocabulary] of a folder's model, by an implementation that is not ours. */
  static double[][] logits(Path folder, long[] ids) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(folder.toString()));
    for (long id : ids) {
      arguments.add(Long.toString(id));
    }
    return TrainedRun.JSON.readValue(run("forward.py", arguments), double[][].class);
  }

  /** Writes a random model with another program; the options are JSON, with single quotes. */
  static Path write(Path folder, String options) throws IOException, InterruptedException {
    run("write_model.py", List.of(folder.toString(), options.replace('\'', '"')));
    return folder;
  }

  private static String run(String program, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("python3", "-B", PROGRAMS.resolve(program).toString()));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("exit code of " + program).isZero();
    return output;
  }
}
