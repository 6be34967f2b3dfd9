# frozen_string_literal: true

require "selenium-webdriver"
require "tmpdir"

# A headless Chromium of its own.
class Browser
  OPTIONS = %w[headless no-sandbox disable-gpu disable-dev-shm-usage disable-background-networking
               disable-component-update disable-sync hide-scrollbars no-first-run].freeze
  HEIGHT = 900
  # Seconds that a busy machine may take for an answer.
  TIMEOUT = 300

  def self.open
    browser = new
    yield browser
  ensure
    browser&.quit
  end

  # @return [Browser, nil]
  def self.open_or_nil
    new if there?
  end

  # @return [Boolean]
  def self.there?
    %w[chromium chromedriver].all? { |program| system("which", program, out: File::NULL, err: File::NULL) }
  end

  def initialize
    @profile = Dir.mktmpdir("chromium")
    options = Selenium::WebDriver::Chrome::Options.new
    options.binary = `which chromium`.strip
    [*OPTIONS, "user-data-dir=#{@profile}"].each { |option| options.add_argument("--#{option}") }
    options.add_option("goog:loggingPrefs", { browser: "ALL" })
    service = Selenium::WebDriver::Service.chrome(path: `which chromedriver`.strip)
    client = Selenium::WebDriver::Remote::Http::Default.new(read_timeout: TIMEOUT)
    @driver = Selenium::WebDriver.for(:chrome, service: service, http_client: client, **given(options))
  end

  # Shows a page as on a screen of that width.
  # @param theme [String] light or dark
  # @param height [Integer, nil] nil for all of the page
  def visit(url, width: 1200, theme: "light", height: HEIGHT)
    cdp("Emulation.setEmulatedMedia", features: [{ name: "prefers-color-scheme", value: theme }])
    size(width, height || HEIGHT)
    @driver.get(url)
    size(width, run("return document.documentElement.scrollHeight")) unless height
  end

  # @return [Object] what the JavaScript returns
  def run(script, *arguments)
    @driver.execute_script(script, *arguments)
  end

  # @return [Array<String>] what the console says since the last time
  def console
    logs = @driver.respond_to?(:logs) ? @driver.logs : @driver.manage.logs
    logs.get(:browser).map(&:message)
  end

  # @return [String] the element that has the focus after one more tab
  def tab
    @driver.action.send_keys(:tab).perform
    run("const e = document.activeElement; return e.tagName + ' ' + (e.textContent || e.name).trim()")
  end

  # @param key [Symbol]
  def press(key)
    @driver.action.send_keys(key).perform
  end

  def save(path)
    @driver.save_screenshot(path)
  end

  def quit
    @driver&.quit
    FileUtils.rm_rf(@profile)
  end

  # @return [Selenium::WebDriver]
  attr_reader :driver

  private

  def size(width, height)
    cdp("Emulation.setDeviceMetricsOverride", width: width, height: height, deviceScaleFactor: 1, mobile: false)
  end

  def cdp(command, **parameters)
    @driver.execute_cdp(command, **parameters)
  end

  # Selenium 4.4 takes them as capabilities.
  def given(options)
    old = Gem.loaded_specs["selenium-webdriver"].version < Gem::Version.new("4.8")
    old ? { capabilities: options } : { options: options }
  end
end
