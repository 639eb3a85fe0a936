package normuon.job.lake;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * GPT-2's byte-pair encoding written out from its published description and files: a text is split
 * into words, their bytes are written as printable characters, and of the neighbours in a word
 * those merge first that stand first in {@code vocab.bpe}. It shares nothing with the tokenizer of
 * the project.
 */
final class PublishedBytePairs {

  /** From the published encoder.py; there, too, \s and the letters are those of Unicode. */
  private static final Pattern WORD =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private final Map<String, Integer> tokens;
  private final Map<String, Integer> ranks = new HashMap<>();
  private final Map<String, List<Integer>> words = new HashMap<>();

  /** Reads {@code encoder.json} and {@code vocab.bpe} of a folder. */
  PublishedBytePairs(Path folder) throws IOException {
    tokens =
        new ObjectMapper()
            .readValue(folder.resolve("encoder.json").toFile(), new TypeReference<>() {});
    List<String> merges = Files.readAllLines(folder.resolve("vocab.bpe"));
    // The first line tells the version.
    for (String merge : merges.subList(1, merges.size())) {
      ranks.put(merge, ranks.size());
    }
  }

  List<Integer> encode(String text) {
    List<Integer> encoded = new ArrayList<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      encoded.addAll(words.computeIfAbsent(matcher.group(), this::encodeWord));
    }
    return encoded;
  }

  private List<Integer> encodeWord(String word) {
    List<String> parts = new ArrayList<>();
    for (byte value : word.getBytes(StandardCharsets.UTF_8)) {
      parts.add(printable(Byte.toUnsignedInt(value)));
    }
    while (parts.size() > 1) {
      int first = lowestPair(parts);
      if (first < 0) {
        break;
      }
      String left = parts.get(first);
      String right = parts.get(first + 1);
      List<String> merged = new ArrayList<>();
      for (int i = 0; i < parts.size(); i++) {
        boolean isPair =
            i + 1 < parts.size() && parts.get(i).equals(left) && parts.get(i + 1).equals(right);
        merged.add(isPair ? left + right : parts.get(i));
        i += isPair ? 1 : 0;
      }
      parts = merged;
    }
    return parts.stream().map(tokens::get).collect(Collectors.toList());
  }

  /** Where the pair of the lowest rank begins that comes first; -1 if no pair has a rank. */
  private int lowestPair(List<String> parts) {
    int lowest = Integer.MAX_VALUE;
    int place = -1;
    for (int i = 0; i + 1 < parts.size(); i++) {
      int rank = ranks.getOrDefault(parts.get(i) + " " + parts.get(i + 1), Integer.MAX_VALUE);
      if (rank < lowest) {
        lowest = rank;
        place = i;
      }
    }
    return place;
  }

  /** Printable bytes stand for themselves, the others for characters from 256 on in their order. */
  private static String printable(int value) {
    if (isPrintable(value)) {
      return Character.toString(value);
    }
    long before = IntStream.range(0, value).filter(other -> !isPrintable(other)).count();
    return Character.toString(256 + (int) before);
  }

  private static boolean isPrintable(int value) {
    return value >= '!' && value <= '~'
        || value >= 0xa1 && value <= 0xac
        || value >= 0xae && value <= 0xff;
  }
}
