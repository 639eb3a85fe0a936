package normuon.model.hub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The programs in plain Python that this one is compared with. */
final class Python {

  private static final Path FOLDER = Path.of("src/test/resources/normuon/model/hub");

  private Python() {}

  /** The logits [length][vocabulary] of a folder's model, by an implementation that is not ours. */
  static double[][] logits(Path folder, long[] ids) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(folder.toString()));
    for (long id : ids) {
      arguments.add(Long.toString(id));
    }
    return new Gson().fromJson(run("forward.py", arguments), double[][].class);
  }

  /** Writes a random model; the options are JSON, with single quotes. */
  static void write(Path folder, String options) throws IOException, InterruptedException {
    run("write_model.py", List.of(folder.toString(), options.replace('\'', '"')));
  }

  private static String run(String script, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("python3", "-B", FOLDER.resolve(script).toString()));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("exit code of " + script).isZero();
    return output;
  }
}
