# frozen_string_literal: true

require_relative "allocated"

module Soak
  # What this process takes of the machine, as Linux reports it.
  module Vitals
    # Kinds of sockets, and which columns of their tables have the inode and the peer.
    SOCKETS = { "tcp" => [9, 2], "tcp6" => [9, 2], "unix" => [6, 7] }.freeze
    # Bytes that an object takes at least.
    SLOT = 40
    private_constant :SOCKETS, :SLOT

    module_function

    # What is free again but still mapped is not held: how much of that there is, is chance, and comes by megabytes.
    # @return [Integer] kB of memory that is held: by Ruby's objects, and by what has been allocated
    def memory
      ((GC.stat(:heap_live_slots) * SLOT) + Allocated.bytes) / 1024
    end

    # @return [Array<String>] what each file descriptor is of
    def descriptors
      targets = entries("fd") { |path| File.readlink(path) }
      peers = sockets
      targets.map { |target| peers.fetch(target[/\Asocket:\[(\d+)\]/, 1], target) }
    end

    # @return [Array<String>] the name of each thread
    def threads
      entries("task") { |path| File.read("#{path}/comm").chomp }
    end

    # Less what ends meanwhile, as does the descriptor that lists them.
    def entries(kind)
      Dir.glob("/proc/self/#{kind}/*").filter_map do |path|
        yield path
      rescue Errno::ENOENT, Errno::ESRCH
        nil
      end
    end

    # @return [Hash{String => String}] each socket's kind and peer, whose port is hexadecimal, by its inode
    def sockets
      SOCKETS.each_with_object({}) do |(kind, (inode, peer)), found|
        File.foreach("/proc/self/net/#{kind}") do |line|
          columns = line.split
          found[columns[inode]] = "#{kind} socket #{columns[peer]}".rstrip
        end
      rescue Errno::ENOENT
        # A machine without IPv6.
      end
    end
    private_class_method :entries, :sockets
  end
end
