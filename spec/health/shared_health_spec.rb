# frozen_string_literal: true

require "active_support"
require "active_support/cache"
require "redis"
require "tmpdir"
require_relative "../../demo/redis"

RSpec.describe LlmRouter, "and cooldowns that processes share" do
  let(:cache) { ActiveSupport::Cache::FileStore.new(Dir.mktmpdir) }

  before { gateway.answer("Hi") }

  # In a process of its own, with the same cache and gateway. Returns what the block makes of it.
  def elsewhere
    reader, writer = IO.pipe
    pid = fork do
      described_class.reset_health!
      writer.write(Marshal.dump(yield))
      writer.close
      exit!(0)
    end
    writer.close
    Marshal.load(reader.read) # rubocop:disable Security/MarshalLoad -- of this spec's own making
  ensure
    Process.wait(pid)
  end

  # A call that has read the cache, which may take a busy machine longer than a call waits for it.
  def ask_after_look(by: router)
    usual = LlmRouter::SharedHealth::REFRESH_TIMEOUT
    stub_const("LlmRouter::SharedHealth::REFRESH_TIMEOUT", 60)
    by.call(messages: Support::MESSAGES)
  ensure
    stub_const("LlmRouter::SharedHealth::REFRESH_TIMEOUT", usual)
  end

  def cooled_elsewhere
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 60, times: 1)
    elsewhere do
      ask
      eventually { written? }
    end
  end

  def written
    files = Dir[File.join(cache.cache_path, "**/*")].select { |path| File.file?(path) }
    files.to_h { |path| [path, File.binread(path)] }
  end

  def written? = written.any?

  it "skips what another process found to be down, without an attempt" do
    configure(health_store: cache)
    cooled_elsewhere
    gateway.answer("Back", Support::PRIMARY)
    draft = ask_after_look
    expect(reasons(draft.hops)).to eq([:cooling_down])
    expect(draft.hops.first.message).to include("unavailable")
    expect(models_called.count(Support::PRIMARY)).to eq(1)
  end

  it "shares the cooldown of a model that keeps saying 404, and its length" do
    configure(health_store: cache)
    gateway.fail(Support::PRIMARY, status: 404)
    elsewhere do
      3.times { ask }
      eventually { written? }
    end
    expect(ask_after_look.hops.first).to have_attributes(reason: :cooling_down, retry_after: be_between(0, 29))
    expect(models_called.count(Support::PRIMARY)).to eq(3)
  end

  def cooldown_ends
    described_class.health.find { |known| known.model == Support::PRIMARY }&.next_probe_at
  end

  # Calls of this process, and at least two looks into the cache between them.
  def two_looks(store = cache)
    looks = 0
    allow(store).to(receive(:read_multi).and_wrap_original { |read, *keys| read.call(*keys).tap { looks += 1 } })
    eventually { ask && looks >= 2 }
  end

  # Calls of this process, until it begins to look into the cache, where it may hang.
  def await_look
    begun = false
    allow(cache).to(receive(:read_multi).and_wrap_original { |read, *keys| (begun = true) && read.call(*keys) })
    eventually { ask && begun }
  end

  it "lets no cooldown grow by reading what it wrote itself, and keeps to reset_health!", :slow do
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 3600, times: 1)
    configure(health_store: cache)
    ask
    until_then = cooldown_ends
    eventually { written? }
    two_looks
    expect(cooldown_ends).to be_within(60).of(until_then)
    described_class.reset_health!
    gateway.answer("Back", Support::PRIMARY)
    two_looks
    expect(ask.hops).to be_empty
  end

  it "takes a cooldown over for no longer than it was to last, whatever the other host's clock says" do
    configure(health_store: cache)
    allow(Time).to(receive(:now).and_wrap_original { |now, *in_zone| now.call(*in_zone) + 3000 })
    cooled_elsewhere
    allow(Time).to receive(:now).and_call_original
    gateway.answer("Back", Support::PRIMARY)
    expect(ask_after_look.hops.first).to have_attributes(reason: :cooling_down, retry_after: be_between(20, 90))
  end

  it "ends a cooldown when another process got an answer", :slow do
    configure(health_store: cache) { |config| config.chain :alone, [Support::PRIMARY] }
    gateway.answer("Back", Support::PRIMARY)
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 60, times: 1)
    ask
    eventually { written? }
    elsewhere do
      before = written
      ask_after_look(by: described_class.new(chain: :alone, budget: budget))
      eventually { written != before }
    end
    eventually { ask.hops.empty? }
  end

  it "shares that a whole endpoint cools down" do
    configure(health_store: cache) do |config|
      config.endpoint :other, base_url: gateway.base_url, api_key: "test-key"
      config.chain :default, [Support::PRIMARY, { model: Support::FLOOR, endpoint: :other }]
    end
    gateway.fail(Support::PRIMARY, status: 402, times: 1)
    elsewhere do
      ask
      eventually { written? }
    end
    draft = ask_after_look
    expect(draft.hops.first).to have_attributes(reason: :cooling_down, message: /openrouter was failing \(insufficient/)
    expect(draft.endpoint).to eq("other")
  end

  # Rails 7.2 cannot make a pool of connection_pool 3.
  def pool
    require "connection_pool"
    ConnectionPool::VERSION.to_i > 2 && ActiveSupport::VERSION::MAJOR < 8 ? { pool: false } : {}
  end

  describe "over Redis", :slow do
    around do |example|
      OwnRedis.run do |url, pid|
        @url = url
        @pid = pid
        example.run
      ensure
        Process.kill(:CONT, pid)
      end
    end

    let(:cache) { ActiveSupport::Cache::RedisCacheStore.new(url: @url, **pool) }

    it "shares them, and holds up no call while Redis hangs" do
      configure(health_store: cache)
      gateway.fail(Support::PRIMARY, status: 503, retry_after: 60, times: 1)
      elsewhere do
        ask
        eventually { Redis.new(url: @url).dbsize.positive? }
      end
      gateway.answer("Back", Support::PRIMARY)
      expect(reasons(ask_after_look.hops)).to eq([:cooling_down])
      Process.kill(:STOP, @pid)
      await_look
      stub_const("LlmRouter::SharedHealth::REFRESH_TIMEOUT", 0.5)
      # Waits of half a second would be ten.
      expect(seconds { 20.times { ask } }).to be < 8
    end

    it "goes on without it" do
      configure(health_store: cache)
      ask
      Process.kill(:KILL, @pid)
      two_looks
      gateway.fail(Support::PRIMARY, status: 503, retry_after: 60)
      expect(Array.new(3) { reasons(ask.hops) }).to eq([[:unavailable], [:cooling_down], [:cooling_down]])
    end
  end

  describe "over Memcached", :slow do
    let(:cache) { ActiveSupport::Cache::MemCacheStore.new("127.0.0.1:#{@port}", **pool) }

    around do |example|
      Dir.mktmpdir do |directory|
        FileUtils.chmod(0o777, directory)
        file = File.join(directory, "port")
        # A port of its own choice.
        pid = spawn({ "MEMCACHED_PORT_FILENAME" => file }, *%w[memcached -l 127.0.0.1 -p -1 -u nobody])
        eventually { File.exist?(file) }
        @port = File.read(file)[/\d+/]
        example.run
      ensure
        Process.kill(:TERM, pid)
        Process.wait(pid)
      end
    end

    it "shares them" do
      configure(health_store: cache)
      gateway.fail(Support::PRIMARY, status: 503, retry_after: 60, times: 1)
      elsewhere do
        ask
        eventually { cache.stats.values.first["curr_items"].to_i.positive? }
      end
      gateway.answer("Back", Support::PRIMARY)
      expect(reasons(ask_after_look.hops)).to eq([:cooling_down])
    end
  end

  it "keeps its own cooldowns with a cache that keeps nothing", :slow do
    configure(health_store: nothing = ActiveSupport::Cache::NullStore.new)
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 60)
    ask
    two_looks(nothing)
    2.times { expect(reasons(ask.hops)).to eq([:cooling_down]) }
  end

  it "holds up a call for 50 ms at most, once, when the cache hangs" do
    hanging = Object.new
    def hanging.read_multi(*) = Waiting.hang
    def hanging.write(*, **) = Waiting.hang
    expect(LlmRouter::SharedHealth::REFRESH_TIMEOUT).to eq(0.05)
    # Longer, so that eleven waits differ from one wherever this runs.
    stub_const("LlmRouter::SharedHealth::REFRESH_TIMEOUT", 0.5)
    configure(health_store: hanging)
    expect(seconds { 11.times { ask } }).to be_between(0.5, 5)
  end

  it "goes on alone, and says so once, when the cache is down" do
    broken = Object.new
    def broken.read_multi(*) = raise(IOError, "redis://user:secret@host is down")
    def broken.write(*, **) = raise(IOError, "redis://user:secret@host is down")
    configure(health_store: broken)
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 60)
    3.times { ask }
    eventually { log.include?("config.health_store failed (IOError): cooldowns are not shared") }
    expect(log.scan("config.health_store failed").size).to eq(1)
    expect(log).not_to include("secret")
    expect(reasons(ask.hops)).to eq([:cooling_down])
  end

  it "goes on alone where no thread can be had" do
    configure(health_store: cache)
    gateway.fail(Support::PRIMARY, status: 503, retry_after: 60)
    allow(Thread).to(receive(:new).and_wrap_original do |made, *arguments, &block|
      raise ThreadError, "can't create Thread: Resource temporarily unavailable" if caller.any?(/mirror\.rb/)

      made.call(*arguments, &block)
    end)
    2.times { ask }
    expect(reasons(ask.hops)).to eq([:cooling_down])
    expect(log.scan("config.health_store failed (ThreadError)").size).to eq(1)
  end

  it "does not read the store when cooldowns are off" do
    configure(health_store: cache, cooldown_after: nil)
    threads = Thread.list
    ask
    expect((Thread.list - threads).map(&:name)).not_to include("llm_router health")
  end

  it "does not believe everything that a cache says" do
    rubbish = Object.new
    def rubbish.read_multi(*keys) = keys.zip([nil, 7, "cooling soon timeout", "cooling 9e99 no", "warm"].cycle).to_h
    def rubbish.write(*, **) = true
    configure(health_store: rubbish)
    expect(ask.hops).to be_empty
  end

  it "starts no thread until a call is made, and gives a fork one of its own" do
    threads = Thread.list
    configure(health_store: cache)
    router
    expect(Thread.list - threads - gateway_threads).to be_empty
    ask_after_look
    expect((Thread.list - threads).map(&:name)).to include("llm_router health")
    names = -> { Thread.list.map(&:name) }
    expect(elsewhere { [ask_after_look.hops.size, names.call.include?("llm_router health")] }).to eq([0, true])
  end

  it "has a thread that ends with the process, whoever started it" do
    threads = Thread.list
    configure(health_store: cache)
    Thread.handle_interrupt(Object => :never) { ask_after_look }
    mirror = (Thread.list - threads).find { |thread| thread.name == "llm_router health" }
    expect(mirror.kill.join(60)).to be(mirror)
  end

  def gateway_threads
    Thread.list.select { |thread| thread.name.to_s.match?(/puma/) }
  end
end
