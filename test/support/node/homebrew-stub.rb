# Loads a formula as Homebrew does, with real curl. It implements the part of Homebrew that our formulas use, after
# Homebrew's own sources (Formulary, CurlDownloadStrategy and curl_headers as of August 2026). Installs the formula into
# a folder and prints its declarations and acts as JSON. Usage: ruby homebrew-stub.rb FORMULA FOLDER
require "json"
require "open3"
require "pathname"

DECLARED = { dependencies: [] }
COMMANDS = []
CURLS = []

class CurlDownloadStrategyError < RuntimeError
  def initialize(url, details = nil)
    super("Download failed: #{url}\n#{details}")
  end
end

class OdieError < RuntimeError; end

# Homebrew prints the message and ends (Utils::Output, odie).
def odie(message)
  raise OdieError, message
end

CurlResult = Struct.new(:stdout, :stderr, :success)

class CurlDownloadStrategy
  attr_reader :url

  def initialize(url, target)
    @url = url
    @target = target
  end

  def fetch(timeout: nil)
    _fetch(url: url, resolved_url: resolved_url, timeout: timeout)
  end

  def _curl_args
    []
  end

  private

  # Homebrew asks once for each strategy, and a strategy serves every attempt at a download.
  def resolved_url
    @resolved_info_cache ||= {}
    return @resolved_info_cache.fetch(url) if @resolved_info_cache.include?(url)

    headers = curl_output("--fail", "--location", "--silent", "--head", url)
    return url unless headers.success

    @resolved_info_cache[url] = headers.stdout[/^location: (\S+)/i, 1] || url
  end

  def _fetch(url:, resolved_url:, timeout:)
    result = curl_output("--fail", "--location", "--output", @target, resolved_url)
    raise CurlDownloadStrategyError.new(url, result.stderr) unless result.success
  end

  def curl_output(*args)
    command = ["curl", "--disable", "--globoff", "--show-error", "--silent", *_curl_args, *args]
    CURLS << command
    stdout, stderr, status = Open3.capture3(*command)
    CurlResult.new(stdout, stderr, status.success?)
  end
end

class GitDownloadStrategy; end

class Formula
  class << self
    def url(value, **specs)
      DECLARED[:strategy] = specs.delete(:using)
      DECLARED[:url] = value
      DECLARED[:specs] = specs
    end

    [:desc, :homepage, :version, :sha256, :license].each do |name|
      define_method(name) { |value| DECLARED[name] = value }
    end

    def depends_on(what)
      DECLARED[:dependencies] << what
    end

    def test(&block)
      DECLARED[:test] = !block.nil?
    end
  end

  def initialize(folder)
    @folder = folder
  end

  def buildpath
    Pathname(".")
  end

  def bin
    path = Pathname(@folder)/"bin"
    path.define_singleton_method(:install) do |from|
      from, to = from.is_a?(Hash) ? from.first : [from, File.basename(from)]
      mkpath
      File.rename(from, self/to)
    end
    path
  end

  def system(*command)
    COMMANDS << command
  end

  # Homebrew returns false if the command fails (Kernel#quiet_system). Those with the word in FAILING fail here.
  def quiet_system(*command)
    COMMANDS << command
    !command.include?(ENV.fetch("FAILING", nil))
  end
end

formula_file, folder = ARGV
# Homebrew hides every secret from a formula while it reads it.
secrets = ENV.to_h.slice("HOMEBREW_RBEE_LICENSE_KEY", "HOMEBREW_RBEE_LICENSE_TOKEN")
secrets.each_key { |name| ENV[name] = "{{HOMEBREW_DEFERRED_ENV:#{name}}}" }
namespace = Module.new
namespace.module_eval(File.read(formula_file), formula_file)
ENV.update(secrets)

error = nil
Dir.chdir(folder) do
  strategy = DECLARED[:strategy] || CurlDownloadStrategy
  if strategy <= CurlDownloadStrategy
    download = strategy.new(DECLARED[:url], "downloaded")
    Integer(ENV.fetch("ATTEMPTS", "1")).times { download.fetch }
  else
    ["deps/candle", "deps/rocm-rs", "target/release"].each { |path| Pathname(path).mkpath }
    ["llm-worker-rbee-metal", "sd-worker-metal"].each { |built| File.write("target/release/#{built}", "") }
    raise "submodules are left to install" if strategy.new.send(:submodules?)
  end
  formula = namespace.constants.map { |name| namespace.const_get(name) }.find { |found| found < Formula }
  DECLARED[:class] = formula.name.split("::").last
  formula.new(folder).install
rescue CurlDownloadStrategyError, OdieError => e
  error = e.message
end

puts JSON.generate(**DECLARED, strategy: DECLARED[:strategy]&.name&.split("::")&.last, error:, commands: COMMANDS, curls: CURLS)
