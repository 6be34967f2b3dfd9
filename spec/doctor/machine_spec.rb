# frozen_string_literal: true

require_relative "doctor_helper"
require "active_support"
require "active_support/cache"
require "tmpdir"

RSpec.describe LlmRouter::Doctor, "and the machine" do
  describe "HealthStore" do
    def stored(store, **settings)
      configure(health_store: store, **settings)
      found(:HealthStore).first
    end

    # A store that several processes share, as the gem sees it.
    shared = Class.new(ActiveSupport::Cache::MemoryStore) { def self.name = "RedisCacheStore" }

    it "is green where a shared store answers, and leaves nothing in it" do
      store = shared.new
      expect(stored(store)).to match([:green, /RedisCacheStore answers, and processes share it/])
      expect(store.instance_variable_get(:@data)).to be_empty
    end

    it "is red for a NullStore, and for one that is down or forgets" do
      expect(stored(ActiveSupport::Cache::NullStore.new)).to match([:red, /NullStore keeps nothing\. Set/])
      down = shared.new
      allow(down).to receive(:write).and_raise(Errno::ECONNREFUSED, "at redis://:secret@host")
      expect(stored(down)).to match([:red, /cannot be reached: Errno::ECONNREFUSED\. Check its server/])
      silent = shared.new
      allow(silent).to receive(:write).and_return(false)
      expect(stored(silent)).to match([:red, /RedisCacheStore cannot be reached\. Check its server/])
      forgetful = shared.new
      allow(forgetful).to receive(:read_multi).and_return({})
      expect(stored(forgetful)).to match([:red, /does not keep what is written/])
    end

    it "is red for one whose every method raises, and green for one that only cannot delete" do
      down = shared.new
      %i[write read_multi delete].each { |name| allow(down).to receive(name).and_raise(IOError, "redis://:s@host") }
      expect(stored(down)).to match([:red, /cannot be reached: IOError\. Check its server/])
      kept = shared.new
      allow(kept).to receive(:delete).and_raise(IOError)
      configure(health_store: kept)
      expect(levels(:HealthStore)).to eq([:green])
    end

    it "is yellow for one that processes do not share, where there are several" do
      expect(stored(ActiveSupport::Cache::MemoryStore.new).first).to eq(:green)
      stub_const("ENV", ENV.to_h.merge("WEB_CONCURRENCY" => "auto"))
      expect(stored(nil).first).to eq(:yellow)
      stub_const("ENV", ENV.to_h.merge("WEB_CONCURRENCY" => "3"))
      Dir.mktmpdir do |directory|
        [ActiveSupport::Cache::MemoryStore.new, ActiveSupport::Cache::FileStore.new(directory)].each do |store|
          expect(stored(store)).to match([:yellow, /Store is this (process|host)'s own\. Set config.health_store/])
        end
      end
      expect(stored(nil)).to match([:yellow, /none is set/])
      expect(stored(nil, cooldown_after: nil)).to match([:green, /cooldowns are off/])
    end
  end

  describe "Certificates" do
    it "is green with authorities, and red without" do
      configure
      allow(LlmRouter::Native::Trust).to receive(:system_authorities).and_return(140, 0)
      expect(found(:Certificates)).to eq([[:green, "140 certificate authorities are trusted"]])
      expect(found(:Certificates)).to match([[:red, /no certificate authority is known.*ca-certificates/]])
    end

    it "is yellow where SSL_CERT_FILE leads nowhere" do
      configure
      stub_const("ENV", ENV.to_h.merge("SSL_CERT_FILE" => "/nowhere.pem"))
      allow(LlmRouter::Native::Trust).to receive(:system_authorities).and_return(140)
      expect(found(:Certificates)).to match([[:yellow, /SSL_CERT_FILE leads nowhere/]])
    end

    it "counts those of the system" do
      expect(LlmRouter::Native::Trust.system_authorities).to be_an(Integer)
    end
  end

  describe "Yjit" do
    { true => :green, false => :yellow }.each do |on, level|
      it "is #{level} where it is #{on ? 'on' : 'off'}" do
        stub_const("RubyVM::YJIT", Module.new { define_singleton_method(:enabled?) { on } })
        expect(levels(:Yjit)).to eq([level])
      end
    end

    it "is green where there is none" do
      hide_const("RubyVM::YJIT")
      expect(texts(:Yjit)).to eq(["this Ruby has none"])
    end
  end

  describe "Library" do
    it "says whether the precompiled one is used" do
      expect(found(:Library)).to match([[:green, /it was compiled here/]])
      stub_const("LOADED", ["/gems/llm_router-1/lib/llm_router/3.3/llm_router.so"])
      allow_any_instance_of(described_class::Library).to receive(:loaded).and_return(LOADED)
      expect(found(:Library)).to match([[:green, /the precompiled one is used \(Ruby 3\.3, /]])
    end
  end

  describe "DebugLog" do
    def ruby_llm(level)
      stub_const("RubyLLM", Struct.new(:config).new(Struct.new(:log_level).new(level)))
      found(:DebugLog).first
    end

    it "is red for a log of bodies in production, and yellow elsewhere" do
      expect(ruby_llm(:info)).to match([:green, /no log is known/])
      expect(ruby_llm(:debug)).to match([:yellow, /RubyLLM logs the bodies of requests\. Set/])
      production
      expect(ruby_llm(Logger::DEBUG)).to match([:red, /RubyLLM/])
      hide_const("RubyLLM")
      stub_const("OpenAI", Struct.new(:configuration).new(Struct.new(:log_errors).new(true)))
      expect(found(:DebugLog)).to match([[:red, /ruby-openai logs the bodies of errors/]])
    end

    it "is red where Active Record would log answers that are saved" do
      production
      stub_const("ActiveRecord::Base", Struct.new(:logger).new(Logger.new(nil, level: Logger::DEBUG)))
      expect(found(:DebugLog)).to match([[:red, /Active Record logs at the debug level/]])
      stub_const("ActiveRecord::Base", Struct.new(:logger).new(Logger.new(nil, level: Logger::INFO)))
      expect(levels(:DebugLog)).to eq([:green])
    end
  end
end
